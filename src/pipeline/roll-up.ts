import { setTimeout as pause } from 'node:timers/promises'
import { dropStatsBefore, MINUTES_KEPT_DAYS, rollUpAttempts } from '../store/attempt-stats.ts'
import type { Bell } from '../store/bell.ts'
import type { Store } from '../store/store.ts'

/** How often attempts are counted; until then a query of the stats reads them one by one. */
const EVERY_MS = 1_000
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

  async function look(nowMs: number): Promise<void> {
    if (!hasRung && nowMs - lookedAtMs < QUIET_EVERY_MS) return
    hasRung = false
    lookedAtMs = nowMs
    while (!stopping.signal.aborted && (await rollUpAttempts(store)) === 'more');
    if (nowMs - forgotAtMs < FORGET_EVERY_MS) return
    forgotAtMs = nowMs
    const oldest = new Date(nowMs - MINUTES_KEPT_DAYS * 86_400_000)
    while (!stopping.signal.aborted && (await dropStatsBefore(store.sql, 'MINUTE', oldest)));
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await look(Date.now())
      } catch (error) {
        hasRung = true
        onError(error)
      }
      await pause(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
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
