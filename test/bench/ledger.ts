/** What was started and what is still starting, so that a run that is broken off can end all of it, last things first. */
export interface Ledger extends AsyncDisposable {
  keep<T extends AsyncDisposable>(starting: Promise<T>): Promise<T>
}

export function createLedger(): Ledger {
  const kept: Promise<AsyncDisposable>[] = []
  return {
    keep(starting) {
      kept.push(starting)
      return starting
    },
    async [Symbol.asyncDispose]() {
      for (const starting of kept.splice(0).reverse()) {
        // Whoever waited for it knows what failed.
        const started = await starting.catch(() => undefined)
        await started?.[Symbol.asyncDispose]()
      }
    },
  }
}
