import { setTimeout as pause } from 'node:timers/promises'
import type { Bell } from '../store/bell.ts'
import type { Store } from '../store/store.ts'
import { CHUNK, dropStatsBefore, MINUTES_KEPT_DAYS, rollUpAttempts } from './stats-sql.ts'

/**
 * Attempts are counted when about a chunk of them has come together, by the rate of the last look, within these bounds:
 * until then a query of the stats reads them one by one.
 */
const MIN_WAIT_MS = 1_000
const MAX_WAIT_MS = 5_000
/** Without a ring: one may be lost, and an older transaction may have held attempts back. */
const QUIET_EVERY_MS = 10_000
const FORGET_EVERY_MS = 3_600_000

/** Counts committed attempts for the stats. Every worker may run it: one at a time counts, the others pass. */
export function startRollUp(options: { store: Store; bell: Bell; onError: (error: unknown) => void }): AsyncDisposable {
  const { store, bell, onError } = options
  const stopping = new AbortController()
  let hasRung = true
  let lookedAtMs = 0
  let forgotAtMs = 0

  /** How long to wait for the next look. */
  async function look(nowMs: number): Promise<number> {
    if (!hasRung && nowMs - lookedAtMs < QUIET_EVERY_MS) return MIN_WAIT_MS
    const sinceMs = nowMs - lookedAtMs
    hasRung = false
    lookedAtMs = nowMs
    const counted = await countAll()
    await forget(nowMs)
    return Math.min(Math.max((CHUNK / counted) * sinceMs, MIN_WAIT_MS), MAX_WAIT_MS)
  }

  async function countAll(): Promise<number> {
    for (let counted = 0; ; ) {
      const chunk = await rollUpAttempts(store)
      counted += chunk
      if (chunk < CHUNK || stopping.signal.aborted) return counted
    }
  }

  async function forget(nowMs: number): Promise<void> {
    if (nowMs - forgotAtMs < FORGET_EVERY_MS) return
    forgotAtMs = nowMs
    const oldest = new Date(nowMs - MINUTES_KEPT_DAYS * 86_400_000)
    while (!stopping.signal.aborted && (await dropStatsBefore(store.sql, 'MINUTE', oldest)));
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      let waitMs = MIN_WAIT_MS
      try {
        waitMs = await look(Date.now())
      } catch (error) {
        hasRung = true
        onError(error)
      }
      await pause(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  const offBell = bell.on('attempt', () => {
    hasRung = true
  })
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      offBell()
      stopping.abort()
      await running
    },
  }
}
