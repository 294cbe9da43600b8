import type { Uuid } from '../domain/id.ts'
import { dropJobs } from '../queue/jobs.ts'
import { dropWaiting } from '../queue/waiting.ts'
import type { Sql } from '../store/sql.ts'

/** Rows of one transaction: a longer one would hold back the feed. */
const CHUNK = 1_000

/** Takes up to a chunk of an organization's deliveries away, with their attempts and jobs; false when none was left. */
export async function eraseDeliveries(tx: Sql, organizationId: Uuid<'org'>): Promise<boolean> {
  const rows = await tx<{ id: Uuid<'dlv'> }>('select id from delivery where organization_id = $1 limit $2', [
    organizationId,
    CHUNK,
  ])
  await eraseDeliveriesOf(tx, rows)
  return rows.length > 0
}

async function eraseDeliveriesOf(tx: Sql, rows: readonly { id: Uuid<'dlv'> }[]): Promise<void> {
  const ids = rows.map((row) => row.id)
  await dropJobs(tx, ids)
  await dropWaiting(tx, ids)
  await tx('delete from delivery_attempt where delivery_id = any($1::uuid[])', [ids])
  await tx('delete from delivery where id = any($1::uuid[])', [ids])
}

/** Takes up to a chunk of an organization's events away; false when none was left. */
export async function eraseEvents(tx: Sql, organizationId: Uuid<'org'>): Promise<boolean> {
  const rows = await tx<{ id: Uuid<'evt'> }>('select id from event where organization_id = $1 limit $2', [
    organizationId,
    CHUNK,
  ])
  const ids = rows.map((row) => row.id)
  await tx('delete from idempotency_key where organization_id = $1 and event_id = any($2::uuid[])', [
    organizationId,
    ids,
  ])
  await tx('delete from event where id = any($1::uuid[])', [ids])
  return rows.length > 0
}

/**
 * Takes away what the operations organization was told of another, with its deliveries: up to a chunk of its events, those
 * behind `after`. Returns where to go on; undefined when none was left.
 */
export async function eraseNotices(
  tx: Sql,
  { operationsId, mention, after }: { operationsId: Uuid<'org'>; mention: string; after: string },
): Promise<string | undefined> {
  const rows = await tx<{ id: Uuid<'evt'>; isMeant: boolean }>(
    `select id, coalesce(position($2 in data) > 0, false) as "isMeant" from event
     where organization_id = $1 and id > $3 order by id limit $4`,
    [operationsId, mention, after, CHUNK],
  )
  const ids = rows.filter((row) => row.isMeant).map((row) => row.id)
  if (ids.length > 0) {
    await eraseDeliveriesOf(tx, await tx('select id from delivery where event_id = any($1::uuid[])', [ids]))
    await tx('delete from event where id = any($1::uuid[])', [ids])
  }
  return rows.length === CHUNK ? rows.at(-1)!.id : undefined
}

/** Waits for the publishes that hold it, and ends all others. */
export async function eraseOrganization(tx: Sql, organizationId: Uuid<'org'>): Promise<void> {
  await tx('delete from organization where id = $1', [organizationId])
  // Of events that retention dropped before them.
  await tx('delete from idempotency_key where organization_id = $1', [organizationId])
}
