import { setTimeout } from 'node:timers/promises'
import { isUnavailable } from './sql.ts'

export interface Patience {
  /** Ends the waiting: the failure of then is thrown. */
  readonly signal: AbortSignal
  /** Told of the first failure of a wait. */
  readonly onError: (error: unknown) => void
}

const RETRY_EVERY_MS = 500

/** Does the work; while Postgres is away, again and again. Any other failure is thrown at once. */
export async function whenAvailable<T>(work: () => Promise<T>, { signal, onError }: Patience): Promise<T> {
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
