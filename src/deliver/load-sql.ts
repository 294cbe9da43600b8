import type { DeliveryProfile } from '../domain/delivery-profile.ts'
import type { Uuid } from '../domain/id.ts'
import type { DeliveryStatus, DeliveryTrigger } from '../store/delivery.ts'
import { attemptProperties, type Destination } from '../store/destination.ts'
import type { Sql } from '../store/sql.ts'

// What a claim reads. One table a statement and `id = any($1)`: plans that hold whatever the statistics say.
//

export interface PendingRow {
  readonly id: Uuid<'dlv'>
  readonly applicationId: Uuid<'app'>
  readonly organizationId: Uuid<'org'>
  readonly eventId: Uuid<'evt'>
  readonly destinationId: Uuid<'dst'>
  readonly eventType: string
  readonly status: DeliveryStatus
  readonly trigger: DeliveryTrigger
  readonly attemptCount: number
  readonly maxAttempts: number
  /** For how long it has been due, milliseconds by Postgres's clock. */
  readonly lateMs: number
}

export async function findPending(sql: Sql, ids: readonly Uuid<'dlv'>[]): Promise<PendingRow[]> {
  return sql(
    `select id, application_id as "applicationId", organization_id as "organizationId", event_id as "eventId",
       destination_id as "destinationId", event_type as "eventType", status, trigger, attempt_count as "attemptCount",
       max_attempts as "maxAttempts", coalesce(extract(epoch from now() - next_attempt_at)::float8 * 1000, 0) as "lateMs"
     from delivery where id = any($1::uuid[])`,
    [ids],
  )
}

/** Data of events by event id; null where retention has dropped it. */
export async function findEventData(sql: Sql, ids: readonly Uuid<'evt'>[]): Promise<Map<Uuid<'evt'>, string | null>> {
  const rows = await sql<{ id: Uuid<'evt'>; data: string | null }>(
    'select id, data from event where id = any($1::uuid[])',
    [ids],
  )
  return new Map(rows.map((row) => [row.id, row.data]))
}

/** The little of a destination that says whether what is cached of it still holds. */
export interface DestinationHead {
  readonly id: Uuid<'dst'>
  readonly applicationId: Uuid<'app'>
  readonly version: number
  readonly profileVersion: number
  readonly isActive: boolean
  readonly isDisabled: boolean
  readonly isCircuitOpen: boolean
  readonly probeDeliveryId: Uuid<'dlv'> | null
  /** Nothing is held against it and its last success is not a second old: one more changes nothing. */
  readonly isSteady: boolean
  readonly organizationExternalId: string | null
  readonly organizationName: string
}

export async function findDestinationHeads(sql: Sql, ids: readonly Uuid<'dst'>[]): Promise<DestinationHead[]> {
  return sql(
    `select d.id, d.application_id as "applicationId", d.version, a.profile_version as "profileVersion",
       d.inactive_since is null as "isActive", h.health = 'DISABLED' as "isDisabled",
       h.probe_at is not null as "isCircuitOpen", h.probe_delivery_id as "probeDeliveryId",
       h.consecutive_failures = 0 and h.circuit_failures = 0 and h.probe_at is null
         and coalesce(h.last_success_at > now() - interval '1 s', false) as "isSteady",
       o.external_id as "organizationExternalId", o.name as "organizationName"
     from destination d
     join destination_health h on h.destination_id = d.id
     join application a on a.id = d.application_id
     join organization o on o.id = d.organization_id
     where d.id = any($1::uuid[])`,
    [ids],
  )
}

/** What an attempt needs of a destination, as it is stored. */
export type DestinationRow = Readonly<Pick<Destination, (typeof attemptProperties)[number]>> & {
  readonly id: Uuid<'dst'>
  readonly organizationId: Uuid<'org'>
  /** Those that sign now or once did, newest first. */
  readonly secrets: readonly { readonly id: Uuid<'sec'>; readonly secret: string; readonly expiresAt: string | null }[]
}

/** The stored fields that are opened or compiled before an attempt can use them. */
export type UnopenedField = 'credentials' | 'headers' | 'headerValues' | 'filter' | 'transform' | 'secrets'

const attemptColumns = attemptProperties.map((name) => `${snakeCase(name)} as "${name}"`).join(', ')

export async function findDestinationRows(sql: Sql, ids: readonly Uuid<'dst'>[]): Promise<DestinationRow[]> {
  return sql(
    `select id, organization_id as "organizationId", ${attemptColumns},
       coalesce((
         select json_agg(json_build_object('id', s.id, 'secret', s.secret, 'expiresAt', s.expires_at)
           order by s.expires_at desc nulls first, s.created_at desc, s.id desc)
         from signing_secret s where s.destination_id = d.id
       ), '[]') as secrets
     from destination d where id = any($1::uuid[])`,
    [ids],
  )
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

export async function findProfiles(
  sql: Sql,
  wanted: readonly { applicationId: Uuid<'app'>; version: number }[],
): Promise<{ applicationId: Uuid<'app'>; version: number; settings: DeliveryProfile }[]> {
  return sql(
    `select p.application_id as "applicationId", p.version, p.settings
     from unnest($1::uuid[], $2::int[]) as w (application_id, version)
     join delivery_profile_version p on p.application_id = w.application_id and p.version = w.version`,
    [wanted.map((one) => one.applicationId), wanted.map((one) => one.version)],
  )
}
