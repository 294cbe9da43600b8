import type { Uuid } from '../domain/id.ts'
import { HOLDS_NEW } from '../queue/hold.ts'
import { insertJobsFrom } from '../queue/jobs.ts'
import type { Sql } from '../store/sql.ts'

// The statements of a publish. Ids are UUIDs here, not TypeIDs: rows go from array to table by the thousand.

export interface KnownOrganization {
  readonly id: Uuid<'org'>
  readonly applicationId: Uuid<'app'>
  readonly externalId: string | null
}

export interface KnownEventType {
  readonly id: Uuid<'ety'>
  readonly applicationId: Uuid<'app'>
  readonly name: string
  readonly status: string
  readonly version: number
  /** Whether only Postrider publishes it. */
  readonly isNotice: boolean
  /** Whether the application's envelope takes only data that is an object. */
  readonly spreadsData: boolean
}

export interface NewEvent {
  readonly id: Uuid<'evt'>
  readonly applicationId: Uuid<'app'>
  readonly organizationId: Uuid<'org'>
  readonly type: string
  readonly data: string
  readonly dataBytes: number
  readonly idempotencyKey: string | null
  readonly isTest: boolean
  /** Undefined: at once. */
  readonly deliverAt?: Date | undefined
}

/** A new delivery that cannot run now. */
interface Held {
  readonly id: Uuid<'dlv'>
  readonly eventId: Uuid<'evt'>
  readonly destinationId: Uuid<'dst'>
  /** Whether it has to wait for its destination. */
  readonly isHeld: boolean
  /** 0 and less: at once. */
  readonly dueInMs: number
}

export interface Publication {
  /** How many of the organizations are still there. */
  readonly organizations: number
  /** How many deliveries went into the queue. */
  readonly queued: number
  /** The others, in the order of the events. */
  readonly held: readonly Held[]
}

/** Organizations by their id, or by the application's own id of them. */
export async function findOrganizations(
  sql: Sql,
  wanted: readonly { applicationId: Uuid<'app'>; id?: string | undefined; externalId?: string | undefined }[],
): Promise<KnownOrganization[]> {
  const byExternalId = wanted.filter((one) => one.externalId !== undefined)
  return sql<KnownOrganization>(
    `select id, application_id as "applicationId", external_id as "externalId" from organization where id = any($1::uuid[])
     union all
     select o.id, o.application_id, o.external_id
     from unnest($2::uuid[], $3::text[]) as w (application_id, external_id)
     cross join lateral (
       select * from organization
       where application_id = w.application_id and external_id = w.external_id offset 0
     ) o`,
    [
      wanted.flatMap((one) => one.id ?? []),
      byExternalId.map((one) => one.applicationId),
      byExternalId.map((one) => one.externalId),
    ],
  )
}

export async function findEventTypes(
  sql: Sql,
  wanted: readonly { applicationId: Uuid<'app'>; name: string }[],
): Promise<KnownEventType[]> {
  return sql<KnownEventType>(
    `select t.id, t.application_id as "applicationId", t.name, t.status, t.version, t.is_notice as "isNotice",
       (select spreads_data from application where id = t.application_id) as "spreadsData"
     from unnest($1::uuid[], $2::text[]) as w (application_id, name)
     cross join lateral (
       select * from event_type where application_id = w.application_id and name = w.name offset 0
     ) t`,
    [wanted.map((one) => one.applicationId), wanted.map((one) => one.name)],
  )
}

export async function findPayloadSchemas(
  sql: Sql,
  eventTypeIds: readonly string[],
): Promise<{ id: string; payloadSchema: Record<string, unknown> | null }[]> {
  return sql('select id, payload_schema as "payloadSchema" from event_type where id = any($1::uuid[])', [eventTypeIds])
}

/**
 * Holds the organizations until the transaction ends: one that is being deleted is waited for, and not in the answer
 * then. Sorted, so that two batches cannot wait for each other in a circle.
 */
export async function lockOrganizations(tx: Sql, ids: readonly Uuid<'org'>[]): Promise<Set<Uuid<'org'>>> {
  const rows = await tx<{ id: Uuid<'org'> }>(
    'select id from organization where id = any($1::uuid[]) order by id for key share',
    [[...new Set(ids)]],
  )
  return new Set(rows.map((row) => row.id))
}

/** Why a destination d with its health h gets nothing now. */
export const SKIP_REASON = `case when d.inactive_since is not null then 'INACTIVE' when h.health = 'DISABLED' then 'DISABLED' end`

/** Whether a destination d gets events of this type: no pattern, its name, or a prefix of it. */
export const SUBSCRIBES_TO = (type: string) => `(cardinality(d.event_types) = 0 or exists (
  select from unnest(d.event_types) as s (pattern)
  where s.pattern = ${type} or (right(s.pattern, 2) = '.*' and starts_with(${type}, left(s.pattern, -1)))))`

/**
 * Stores events and, in the same statement, a delivery for each destination that subscribes to one, and a job for each that
 * can run now. Delivery ids take the time of their event and random bits. A destination that is off, or that the system
 * disabled, gets a SKIPPED one. The organizations are locked as by lockOrganizations. Subscriptions are looked up once for each
 * organization and type of the batch; `offset 0` keeps that an index scan each.
 */
export function publishEvents(tx: Sql, events: readonly NewEvent[]): Promise<Publication> {
  return fanOut(tx, PUBLISH, events)
}

/** The same for events that are stored already. */
export function publishStored(tx: Sql, events: readonly NewEvent[]): Promise<Publication> {
  return fanOut(tx, PUBLISH_STORED, events)
}

const STORE = `stored as (
       insert into event (id, application_id, organization_id, type, data, data_bytes, idempotency_key, is_test, deliver_at)
       select * from e
     ), `

const publication = (store: typeof STORE | '') => `with alive as materialized (
       select id from organization where id = any($3::uuid[]) order by id for key share
     ), e as (
       select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::int[], $7::text[], $8::bool[],
         $9::timestamptz[])
         as e (id, application_id, organization_id, type, data, data_bytes, idempotency_key, is_test, deliver_at)
     ), ${store}subscribed as materialized (
       select w.organization_id, w.type, d.id as destination_id, a.max_attempts, ${HOLDS_NEW} as is_held,
         ${SKIP_REASON} as skip_reason
       from (select distinct organization_id, type from e offset 0) w
       cross join lateral (select * from destination where organization_id = w.organization_id offset 0) d
       cross join lateral (select * from destination_health where destination_id = d.id offset 0) h
       cross join lateral (select max_attempts from application where id = d.application_id offset 0) a
       where ${SUBSCRIBES_TO('w.type')}
     ), fanned as materialized (
       select (left(e.id::text, 13) || '-7' || substr(gen_random_uuid()::text, 16))::uuid as id, e.application_id,
         e.organization_id, e.id as event_id, s.destination_id, e.type as event_type, s.skip_reason, s.is_held, s.max_attempts,
         case when s.skip_reason is null then 'PENDING' else 'SKIPPED' end as status, greatest(e.deliver_at, now()) as due_at
       from e join subscribed s on s.organization_id = e.organization_id and s.type = e.type
     ), delivered as (
       insert into delivery (id, application_id, organization_id, event_id, destination_id, event_type, status, skip_reason,
         trigger, max_attempts, next_attempt_at, finished_at)
       select id, application_id, organization_id, event_id, destination_id, event_type, status, skip_reason, 'EVENT',
         max_attempts, case when skip_reason is null then due_at end, case when skip_reason is not null then now() end
       from fanned
     ), queued as (
       ${insertJobsFrom("fanned where status = 'PENDING' and not is_held and due_at <= now()")} returning 1
     )
     select (select count(*) from alive)::int as organizations, (select count(*) from queued)::int as queued, f.id,
       f.event_id as "eventId", f.destination_id as "destinationId", f.is_held as "isHeld",
       extract(epoch from f.due_at - now())::float8 * 1000 as "dueInMs"
     from (values (1)) as one
     left join fanned f on f.status = 'PENDING' and (f.is_held or f.due_at > now())`

const PUBLISH = publication(STORE)
const PUBLISH_STORED = publication('')

async function fanOut(tx: Sql, text: string, events: readonly NewEvent[]): Promise<Publication> {
  const rows = await tx<{ organizations: number; queued: number } & (Held | { id: null })>(
    text,
    columns(
      events,
      'id',
      'applicationId',
      'organizationId',
      'type',
      'data',
      'dataBytes',
      'idempotencyKey',
      'isTest',
      'deliverAt',
    ),
  )
  const { organizations, queued } = rows[0]!
  const held = rows.filter((row): row is typeof row & Held => row.id !== null)
  if (held.length < 2) return { organizations, queued, held }
  const place = new Map(events.map((event, i) => [event.id, i]))
  return { organizations, queued, held: held.toSorted((a, b) => place.get(a.eventId)! - place.get(b.eventId)!) }
}

function columns<Row, K extends keyof Row>(rows: readonly Row[], ...names: readonly K[]): Row[K][][] {
  return names.map((name) => rows.map((row) => row[name]))
}
