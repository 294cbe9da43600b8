import type { Jobs } from './job.ts'
import type { Sql } from './sql.ts'
import { dropWaiting } from './waiting.ts'

/** Rows of one transaction: a longer one would hold back the feed. */
const CHUNK = 1_000

/** Takes up to a chunk of an organization's deliveries away, with their attempts and jobs; false when none was left. */
export async function eraseDeliveries(tx: Sql, jobs: Jobs, organizationId: string): Promise<boolean> {
  const rows = await tx<{ id: string }>('select id from delivery where organization_id = $1 limit $2', [
    organizationId,
    CHUNK,
  ])
  const ids = [rows.map((row) => row.id)]
  await jobs.drop(tx, ids[0]!)
  await dropWaiting(tx, ids[0]!)
  await tx('delete from delivery_attempt where delivery_id = any($1::uuid[])', ids)
  await tx('delete from delivery where id = any($1::uuid[])', ids)
  return rows.length > 0
}

/** Takes up to a chunk of an organization's events away; false when none was left. */
export async function eraseEvents(tx: Sql, organizationId: string): Promise<boolean> {
  const rows = await tx<{ id: string }>('select id from event where organization_id = $1 limit $2', [
    organizationId,
    CHUNK,
  ])
  const ids = [rows.map((row) => row.id)]
  await tx('delete from idempotency_key where event_id = any($1::uuid[])', ids)
  await tx('delete from event where id = any($1::uuid[])', ids)
  return rows.length > 0
}

/** Waits for the publishes that hold it, and ends all others. */
export async function eraseOrganization(tx: Sql, organizationId: string): Promise<void> {
  await tx('delete from organization where id = $1', [organizationId])
}
