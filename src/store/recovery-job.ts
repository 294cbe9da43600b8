import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { Id, Uuid } from '../domain/id.ts'
import type { DeliveryStatus } from './delivery.ts'
import type { Sql } from './sql.ts'
import { TypeIdType } from './type-id-type.ts'

export const recoveryStatuses = ['QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED'] as const
export type RecoveryStatus = (typeof recoveryStatuses)[number]

/** A long-running bulk action: sends again what a destination did not get. Any worker goes on with it, slice by slice. */
export const RecoveryJob = defineEntity({
  name: 'RecoveryJob',
  tableName: 'recovery_job',
  properties: {
    id: p.type(new TypeIdType('rec')).$type<Id<'rec'>>().primary(),
    applicationId: p.type(new TypeIdType('app')).$type<Id<'app'>>(),
    destinationId: p.type(new TypeIdType('dst')).$type<Id<'dst'>>(),
    status: p.text().$type<RecoveryStatus>(),
    statuses: p.array().$type<DeliveryStatus[]>(),
    /** Deliveries from this bare UUID on, */
    fromId: p.text(),
    /** and before this one. */
    toId: p.text(),
    /** The last delivery that was looked at. */
    cursorId: p.text(),
    matched: p.integer(),
    enqueued: p.integer(),
    error: p.text().nullable(),
    createdAt: p.datetime(3),
    finishedAt: p.datetime(3).nullable(),
  },
})
export type RecoveryJob = InferEntity<typeof RecoveryJob>

/** Which deliveries are meant. */
export interface RecoveryScope {
  readonly destinationId: Uuid<'dst'>
  readonly statuses: readonly string[]
  readonly fromId: string
  readonly toId: string
}

/** A delivery of this event that is on its way or arrived, or an event that is no longer kept, leaves nothing to recover. */
const IS_RECOVERABLE = `not exists (select from delivery o
    where o.event_id = d.event_id and o.destination_id = d.destination_id and o.status in ('PENDING', 'SUCCEEDED'))
  and exists (select from event e where e.id = d.event_id and e.data is not null)`

/** How many events there are to recover, counted up to `max`. */
export async function countRecoverable(sql: Sql, scope: RecoveryScope, max: number): Promise<number> {
  const [row] = await sql<{ count: number }>(
    `select count(*)::int as count from (
       select distinct d.event_id from delivery d
       where d.destination_id = $1 and d.exception = any($2) and d.id >= $3 and d.id < $4 and ${IS_RECOVERABLE} limit $5
     ) found`,
    [scope.destinationId, scope.statuses, scope.fromId, scope.toId, max],
  )
  return row!.count
}

/** The organization of a destination; undefined when the destination was deleted. */
export async function findOrganizationOf(sql: Sql, destinationId: Uuid<'dst'>): Promise<Uuid<'org'> | undefined> {
  const [row] = await sql<{ organizationId: Uuid<'org'> }>(
    'select organization_id as "organizationId" from destination where id = $1',
    [destinationId],
  )
  return row?.organizationId
}

export interface OpenRecovery extends RecoveryScope {
  readonly id: Uuid<'rec'>
  readonly applicationId: Uuid<'app'>
  readonly status: 'QUEUED' | 'RUNNING'
  readonly cursorId: string
}

const openColumns = `id, application_id as "applicationId", destination_id as "destinationId", status, statuses,
  from_id as "fromId", to_id as "toId", cursor_id as "cursorId"`

/** The oldest that is not finished. */
export async function findOpenRecovery(sql: Sql): Promise<OpenRecovery | undefined> {
  const [row] = await sql<OpenRecovery>(
    `select ${openColumns} from recovery_job where status in ('QUEUED', 'RUNNING') order by id limit 1`,
  )
  return row
}

/** Holds it, unless another process does or it is finished. */
export async function lockRecovery(tx: Sql, id: Uuid<'rec'>): Promise<OpenRecovery | undefined> {
  const [row] = await tx<OpenRecovery>(
    `select ${openColumns} from recovery_job where id = $1 and status = 'RUNNING' for update skip locked`,
    [id],
  )
  return row
}

export async function beginRecovery(sql: Sql, id: Uuid<'rec'>, matched: number): Promise<void> {
  await sql("update recovery_job set status = 'RUNNING', matched = $2 where id = $1 and status = 'QUEUED'", [
    id,
    matched,
  ])
}

export interface RecoverySlice {
  /** The last delivery looked at; undefined when there was none left. */
  readonly lastId: string | undefined
  readonly isLast: boolean
  readonly events: readonly { readonly id: Uuid<'evt'>; readonly organizationId: Uuid<'org'>; readonly type: string }[]
}

/** Looks at the next deliveries in the order of their ids, and finds the events to send again, each once. */
export async function findSlice(tx: Sql, recovery: OpenRecovery, limit: number): Promise<RecoverySlice> {
  const rows = await tx<{
    id: Uuid<'evt'>
    eventId: Uuid<'evt'>
    organizationId: Uuid<'org'>
    eventType: string
    isRecoverable: boolean
  }>(
    `select d.id, d.event_id as "eventId", d.organization_id as "organizationId", d.event_type as "eventType",
       ${IS_RECOVERABLE} as "isRecoverable"
     from (
       select f.* from unnest($2::text[]) as s (status) cross join lateral (
         select id, event_id, destination_id, organization_id, event_type from delivery
         where destination_id = $1 and exception = s.status and id >= $3 and id < $4 and id > $5 order by id limit $6
       ) f order by f.id limit $6
     ) d order by d.id`,
    [recovery.destinationId, recovery.statuses, recovery.fromId, recovery.toId, recovery.cursorId, limit],
  )
  const found = rows.filter((row) => row.isRecoverable)
  const events = new Map(
    found.map(({ eventId, organizationId, eventType }) => [eventId, { id: eventId, organizationId, type: eventType }]),
  )
  return { lastId: rows.at(-1)?.id, isLast: rows.length < limit, events: [...events.values()] }
}

export async function insertRecovered(
  tx: Sql,
  { applicationId, destinationId }: OpenRecovery,
  deliveries: readonly { id: Uuid<'dlv'>; eventId: Uuid<'evt'>; organizationId: Uuid<'org'>; eventType: string }[],
): Promise<void> {
  await tx(
    `insert into delivery (id, application_id, organization_id, event_id, destination_id, event_type, status, trigger,
       max_attempts, next_attempt_at)
     select id, $1, organization_id, event_id, $2, event_type, 'PENDING', 'RECOVERY',
       (select max_attempts from application where id = $1), now()
     from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[]) as x (id, event_id, organization_id, event_type)`,
    [
      applicationId,
      destinationId,
      deliveries.map((one) => one.id),
      deliveries.map((one) => one.eventId),
      deliveries.map((one) => one.organizationId),
      deliveries.map((one) => one.eventType),
    ],
  )
}

export async function advanceRecovery(
  tx: Sql,
  id: Uuid<'rec'>,
  { cursorId, enqueued, isDone }: { cursorId: string | undefined; enqueued: number; isDone: boolean },
): Promise<void> {
  await tx(
    `update recovery_job set cursor_id = coalesce($2::uuid, cursor_id), enqueued = enqueued + $3,
       status = case when $4 then 'DONE' else status end, finished_at = case when $4 then now() end
     where id = $1`,
    [id, cursorId ?? null, enqueued, isDone],
  )
}

export async function endRecovery(
  sql: Sql,
  id: Uuid<'rec'>,
  { status, error }: { status: 'FAILED' | 'CANCELLED'; error: string },
): Promise<void> {
  await sql(
    `update recovery_job set status = $2, error = $3, finished_at = now()
     where id = $1 and status in ('QUEUED', 'RUNNING')`,
    [id, status, error],
  )
}
