import { dropExpiredMemos } from '../deliver/connector-memo-sql.ts'
import { DAY_MS } from '../domain/day.ts'
import { dropStatsBefore } from '../feed/stats-sql.ts'
import { dropOldIdempotencyKeys } from '../publish/idempotency-key-sql.ts'
import { dropAuditBefore } from '../store/audit-entry.ts'
import { startLoop } from '../store/loop.ts'
import { ensurePartitions } from '../store/partition.ts'
import { dropExpiredSessions } from '../store/revoked-session.ts'
import type { Store } from '../store/store.ts'
import { dropExpired } from './retention.ts'

const EVERY_MS = 3_600_000
/** How long it is known who did what. */
const AUDIT_DAYS = 365

export interface MaintenanceOptions {
  readonly store: Store
  /** How long events, deliveries and attempts are kept; 0 keeps all. */
  readonly retentionDays: number
  readonly onError: (error: unknown) => void
}

/**
 * Work at the start and by the hour that any process may do at any time: partitions made ahead, old ones dropped, old
 * idempotency keys forgotten.
 */
export function startMaintenance({ store, retentionDays, onError }: MaintenanceOptions): AsyncDisposable {
  return startLoop({
    notifier: store.notifier,
    onError,
    async work({ signal }) {
      const now = Date.now()
      await ensurePartitions(store.sql, new Date(now)).catch(onError)
      await dropOldIdempotencyKeys(store.sql).catch(onError)
      await dropExpiredMemos(store.sql).catch(onError)
      await dropExpiredSessions(store.sql).catch(onError)
      await forgetAudit(store, new Date(now - AUDIT_DAYS * DAY_MS), signal).catch(onError)
      if (retentionDays === 0) return EVERY_MS
      const before = new Date(now - retentionDays * DAY_MS)
      await dropExpired(store, before, signal).catch(onError)
      await forgetStats(store, before, signal).catch(onError)
      return EVERY_MS
    },
  })
}

async function forgetAudit(store: Store, before: Date, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await dropAuditBefore(store.sql, before)));
}

/** Counts are kept as long as what they count. Those by the minute go earlier; see feed/count-attempts.ts. */
async function forgetStats(store: Store, before: Date, signal: AbortSignal): Promise<void> {
  for (const bucket of ['HOUR', 'DAY'] as const) {
    while (!signal.aborted && (await dropStatsBefore(store.sql, bucket, before)));
  }
}
