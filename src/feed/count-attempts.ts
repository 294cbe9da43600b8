import { DAY_MS } from '../domain/day.ts'
import { startLoop } from '../store/loop.ts'
import type { Store } from '../store/store.ts'
import { CHUNK, countAttempts, dropStatsBefore, MINUTES_KEPT_DAYS } from './stats-sql.ts'

/**
 * Attempts are counted when about a chunk of them has come together, by the rate of the last look, within these bounds:
 * until then a query of the stats reads them one by one.
 */
const MIN_WAIT_MS = 1_000
const MAX_WAIT_MS = 5_000
/** Looks without a wake-up, in maximum waits: one may be lost, and an older transaction may have held attempts back. */
const QUIET_WAITS = 2
const FORGET_EVERY_MS = 3_600_000

interface CountingOptions {
  readonly store: Store
  /** Maximum milliseconds between two looks while attempts come in; twice that without. Default 5,000. */
  readonly maxWaitMs?: number | undefined
  readonly onError: (error: unknown) => void
}

/** Counts committed attempts for the stats. Every worker may run it: one at a time counts, the others pass. */
export function startCounting({ store, maxWaitMs = MAX_WAIT_MS, onError }: CountingOptions): AsyncDisposable {
  const minWaitMs = Math.min(MIN_WAIT_MS, maxWaitMs)
  let hasNews = true
  let lookedAtMs = 0
  let forgotAtMs = 0

  /** Resolves to the milliseconds until the next look. */
  async function look(nowMs: number, signal: AbortSignal): Promise<number> {
    if (!hasNews && nowMs - lookedAtMs < QUIET_WAITS * maxWaitMs) return minWaitMs
    const sinceMs = nowMs - lookedAtMs
    hasNews = false
    lookedAtMs = nowMs
    const counted = await countAll(signal)
    await forget(nowMs, signal)
    return Math.min(Math.max((CHUNK / counted) * sinceMs, minWaitMs), maxWaitMs)
  }

  async function countAll(signal: AbortSignal): Promise<number> {
    for (let counted = 0; ; ) {
      const chunk = await countAttempts(store)
      counted += chunk
      if (chunk < CHUNK || signal.aborted) return counted
    }
  }

  async function forget(nowMs: number, signal: AbortSignal): Promise<void> {
    if (nowMs - forgotAtMs < FORGET_EVERY_MS) return
    forgotAtMs = nowMs
    const oldest = new Date(nowMs - MINUTES_KEPT_DAYS * DAY_MS)
    while (!signal.aborted && (await dropStatsBefore(store.sql, 'MINUTE', oldest)));
  }

  const unlisten = store.notifier.on('attempt', () => {
    hasNews = true
  })
  const loop = startLoop({
    notifier: store.notifier,
    onError,
    async work({ signal }) {
      try {
        return await look(Date.now(), signal)
      } catch (error) {
        hasNews = true
        throw error
      }
    },
  })
  return {
    async [Symbol.asyncDispose]() {
      unlisten()
      await loop[Symbol.asyncDispose]()
    },
  }
}
