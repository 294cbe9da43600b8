import { setTimeout as pause } from 'node:timers/promises'

/** Calls so often, `callers` at a time; `n` counts from 0. The first error ends it. */
export async function inParallel(callers: number, count: number, call: (n: number) => Promise<unknown>): Promise<void> {
  let started = 0
  let failed = false
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (started < count && !failed) {
        started += 1
        await call(started - 1).catch((error) => {
          failed = true
          throw error
        })
      }
    }),
  )
}

/** Calls at an even rate, whether or not earlier calls have ended; waits for all. The first error ends it. */
export async function atRate(perSecond: number, count: number, call: (n: number) => Promise<unknown>): Promise<void> {
  const running: Promise<unknown>[] = []
  let failure: { error: unknown } | undefined
  const startedAt = performance.now()
  for (let n = 0; n < count && !failure; n += 1) {
    const inMs = startedAt + (n * 1_000) / perSecond - performance.now()
    if (inMs > 0) await pause(inMs)
    const note = (error: unknown) => {
      failure ??= { error }
    }
    running.push(call(n).catch(note))
  }
  await Promise.all(running)
  if (failure) throw failure.error
}

/** Calls a second. */
export async function rateOf(count: number, work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return count / ((performance.now() - startedAt) / 1_000)
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
