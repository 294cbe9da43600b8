import { dropOldIdempotencyKeys } from '../store/idempotency-key.ts'
import { ensurePartitions } from '../store/partition.ts'
import type { Store } from '../store/store.ts'

const EVERY_MS = 3_600_000

/** Work by the hour that any process may do at any time: partitions made ahead, old idempotency keys forgotten. */
export function startUpkeep({ store, onError }: { store: Store; onError: (error: unknown) => void }): Disposable {
  const timer = setInterval(() => {
    ensurePartitions(store.sql, new Date()).catch(onError)
    dropOldIdempotencyKeys(store.sql).catch(onError)
  }, EVERY_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
