import { setTimeout } from 'node:timers/promises'
import { isUnavailable } from './sql.ts'

export interface RetryWhileUnavailableOptions {
  /** Ends the retries: the last failure is thrown. */
  readonly signal: AbortSignal
  /** Told of the first failure only. */
  readonly onError: (error: unknown) => void
}

const RETRY_EVERY_MS = 500

/** Does the work, and repeats it while Postgres is away. Any other failure is thrown at once. */
export async function retryWhileUnavailable<T>(
  work: () => Promise<T>,
  { signal, onError }: RetryWhileUnavailableOptions,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if (!isUnavailable(error) || signal.aborted) throw error
      if (tries === 1) onError(error)
      await setTimeout(RETRY_EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}
