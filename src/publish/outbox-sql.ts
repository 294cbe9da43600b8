import type { Uuid } from '../domain/id.ts'
import { locks, tryLock } from '../store/locks.ts'
import type { Sql } from '../store/sql.ts'
import type { NewEvent } from './publish-sql.ts'

// Events that postrider.publish() (migrations/first/publish.sql) has committed and no worker has taken yet.

/** A NewEvent and its place in the order in which events were published. */
export interface OutboxEvent extends NewEvent {
  readonly n: string
}

export interface Take {
  /** Most events. */
  readonly limit: number
  /** Organizations whose events stay in the outbox. */
  readonly except: readonly Uuid<'org'>[]
}

/** Takes events in the order in which they were published; none while another worker does. */
export async function takeOutbox(tx: Sql, { limit, except }: Take): Promise<OutboxEvent[]> {
  if (!(await tryLock(tx, locks.outbox))) return []
  const taken = await tx<{ n: string; eventId: Uuid<'evt'> }>(
    `delete from outbox
     where n = any(array(select n from outbox where organization_id <> all($2::uuid[]) order by n limit $1))
     returning n, event_id as "eventId"`,
    [limit, except],
  )
  if (taken.length === 0) return []
  const events = await tx<NewEvent & { deliverAt: Date | null }>(
    `select id, application_id as "applicationId", organization_id as "organizationId", type, data,
       data_bytes as "dataBytes", idempotency_key as "idempotencyKey", is_test as "isTest", deliver_at as "deliverAt"
     from event where id = any($1::uuid[])`,
    [taken.map((one) => one.eventId)],
  )
  const byId = new Map(events.map((event) => [event.id, { ...event, deliverAt: event.deliverAt ?? undefined }]))
  const inOrder = taken.toSorted((a, b) => Number(a.n) - Number(b.n))
  // Erased with its organization meanwhile, it is not there any more.
  return inOrder.flatMap(({ n, eventId }) => {
    const event = byId.get(eventId)
    return event ? { ...event, n } : []
  })
}

/** Undoes takeOutbox for these. */
export async function putBack(tx: Sql, events: readonly OutboxEvent[]): Promise<void> {
  if (events.length === 0) return
  await tx(
    `insert into outbox (n, event_id, organization_id) overriding system value
     select * from unnest($1::bigint[], $2::uuid[], $3::uuid[])`,
    [events.map((one) => one.n), events.map((one) => one.id), events.map((one) => one.organizationId)],
  )
}

/** Stores data of events anew. */
export async function rewriteData(
  tx: Sql,
  events: readonly Pick<NewEvent, 'id' | 'data' | 'dataBytes'>[],
): Promise<void> {
  if (events.length === 0) return
  await tx(
    `update event set data = w.data, data_bytes = w.bytes
     from unnest($1::uuid[], $2::text[], $3::int[]) as w (id, data, bytes) where event.id = w.id`,
    [events.map((one) => one.id), events.map((one) => one.data), events.map((one) => one.dataBytes)],
  )
}

/** Says that a worker keeps polling for this time: publishers need not wake it. */
export async function stayAwake(sql: Sql, ms: number): Promise<void> {
  await sql(`update outbox_awake set until = clock_timestamp() + $1 * interval '1 millisecond'`, [ms])
}
