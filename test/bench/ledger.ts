/** What was started and what is still starting, so that a run that is broken off can end all of it, last things first. */
export interface Ledger extends AsyncDisposable {
  /** True from the first moment of its disposal on; then nothing starts any more. */
  readonly isClosed: boolean
  keep<T extends AsyncDisposable>(start: () => Promise<T>): Promise<T>
}

export function createLedger(): Ledger {
  const kept: Promise<AsyncDisposable>[] = []
  let isClosed = false
  return {
    get isClosed() {
      return isClosed
    },
    async keep(start) {
      if (isClosed) throw new Error('The run was broken off')
      const starting = start()
      kept.push(starting)
      return starting
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      for (const starting of kept.toReversed()) {
        // The caller that waited for it knows what failed.
        const started = await starting.catch(() => undefined)
        await started?.[Symbol.asyncDispose]()
      }
    },
  }
}
