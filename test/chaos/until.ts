import { setTimeout as pause } from 'node:timers/promises'

const LOOK_EVERY_MS = 50
/** What is promised of a delivery whose server was killed, and the longest that anything takes here. */
const PATIENCE_MS = 60_000

/** Looks until it is so; fails with `what` otherwise. For what no event tells of, because a process has died. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`After ${PATIENCE_MS / 1_000} s it is still not so: ${what}`)
    await pause(LOOK_EVERY_MS)
  }
}
