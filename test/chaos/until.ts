import { setTimeout as pause } from 'node:timers/promises'
import { form } from './scale.ts'

const LOOK_EVERY_MS = 50
/** 60 s are promised of a delivery whose server was killed; in the long form there may be a backlog besides. */
const PATIENCE_MS = form === 'short' ? 60_000 : 150_000

/** Looks until it is so; fails with `what` otherwise. For what no event tells of, because a process has died. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`After ${PATIENCE_MS / 1_000} s it is still not so: ${what}`)
    await pause(LOOK_EVERY_MS)
  }
}
