import { setTimeout as pause } from 'node:timers/promises'
import { describeUnreached, mayBeMended, reachPostgres } from '../store/reach-postgres.ts'

export interface AwaitDatabaseOptions {
  readonly databaseUrl: string
  /** Ends the waiting at once: its reason is thrown. */
  readonly signal: AbortSignal
  readonly random: () => number
  /** Told after each try that failed: why, in words, and when the next one is. */
  readonly onWait: (reason: string, retryInMs: number) => void
}

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

/**
 * Opens what needs the database as soon as it can be reached, however long that takes. What no waiting mends is thrown:
 * a Postgres that is too old, a migration that fails.
 */
export async function openWhenReachable<T>(options: AwaitDatabaseOptions, open: () => Promise<T>): Promise<T> {
  const { databaseUrl, signal, random, onWait } = options
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      await reachPostgres(databaseUrl, signal)
      return await open()
    } catch (error) {
      signal.throwIfAborted()
      if (!mayBeMended(error)) throw error
      // Between half and the whole of it: processes that lost the same Postgres don't come back in one moment.
      const retryInMs = Math.round(pauseMs * (0.5 + random() / 2))
      onWait(describeUnreached(error), retryInMs)
      await pause(retryInMs, undefined, { signal }).catch(() => undefined)
    }
  }
}
