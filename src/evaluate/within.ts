import { Script } from 'node:vm'

/** Thrown when the time was up. */
export class TookTooLong extends Error {
  constructor(limitMs: number) {
    super(`it took more than ${limitMs} ms`)
  }
}

const TASK = Symbol.for('postrider.evaluate')
const timed = new Script(`globalThis[Symbol.for('${TASK.description}')]()`)

/** On a machine that gives this thread no time at all, so often it is taken up again. */
const TRIES = 4

/**
 * What the task returns. Throws TookTooLong after `limitMs`: a script of node:vm is the one thing in Node that can be stopped in
 * the middle of its own thread (80 us a call). It stops loops and regular expressions, not a single call of V8's own.
 */
export function within<T>(limitMs: number, task: () => T): T {
  const place = globalThis as unknown as Record<symbol, unknown>
  place[TASK] = task
  try {
    for (let tries = 1; ; tries += 1) {
      const before = process.threadCpuUsage()
      try {
        return timed.runInThisContext({ timeout: limitMs }) as T
      } catch (error) {
        if ((error as { code?: string }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
        // The clock on the wall has run out. Was it the task that took the time?
        const { user, system } = process.threadCpuUsage(before)
        if (tries === TRIES || user + system > (limitMs * 1_000) / 2) throw new TookTooLong(limitMs)
      }
    }
  } finally {
    delete place[TASK]
  }
}
