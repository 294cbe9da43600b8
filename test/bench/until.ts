import { setTimeout as pause } from 'node:timers/promises'

/** Waits until `look` says yes. Throws when that takes longer than `deadlineMs`. */
export async function until(
  what: string,
  look: () => Promise<boolean>,
  { everyMs = 20, deadlineMs = 60_000 }: { everyMs?: number; deadlineMs?: number } = {},
): Promise<void> {
  const startedAt = performance.now()
  while (!(await look())) {
    if (performance.now() - startedAt > deadlineMs) throw tooLong(what, deadlineMs)
    await pause(everyMs)
  }
}

/** The promise's own end, or an error when it takes longer than `deadlineMs`. */
export async function within<T>(what: string, deadlineMs: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(tooLong(what, deadlineMs)), deadlineMs)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function tooLong(what: string, deadlineMs: number): Error {
  return new Error(`Waited ${deadlineMs / 1_000} s in vain: ${what}`)
}
