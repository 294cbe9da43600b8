import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Uuid } from '../domain/id.ts'
import type { Sql } from '../store/sql.ts'

// What connectors set up and take down beside deliveries.

export interface ConnectorJob {
  /** Of the destination. */
  readonly id: Uuid<'dst'>
  readonly kind: 'CREATE' | 'DELETE'
  /** Of the destination; 0 when it was deleted. */
  readonly version: number
  readonly applicationId: Uuid<'app'>
  readonly organizationId: Uuid<'org'>
  readonly connector: string
  readonly config: Record<string, unknown>
  /** Sealed. */
  readonly credentials: string | null
  /** Values that the connector remembered for a destination that was deleted. */
  readonly memos: Readonly<Record<string, string>>
  /** Whether the application wants nothing else, as of now. */
  readonly httpsOnly: boolean
  readonly attempts: number
  readonly isLast: boolean
}

/** Longer than a job may take, so that nobody else takes one that is being done. */
const LEASE_S = 60

/** The destination's connector sets up what it needs, once more when its settings have changed. In the unit's transaction. */
export async function askForSetup(em: SqlEntityManager, destinationId: Uuid<'dst'>): Promise<void> {
  await em.execute(
    `insert into connector_job as j (id, kind, connector, organization_id, application_id)
     select id, 'CREATE', connector, organization_id, application_id from destination where id = ?
     on conflict (id, kind) do update
       set attempts = 0, due_at = now(), give_up_at = excluded.give_up_at, error = null`,
    [destinationId],
  )
}

/** Takes up to `limit` jobs that are due. A CREATE comes with the settings as they are now. */
export async function claimConnectorJobs(sql: Sql, limit: number): Promise<ConnectorJob[]> {
  return sql(
    `with due as (
       select id, kind from connector_job where due_at <= now() order by due_at limit $1 for update skip locked
     ), claimed as (
       update connector_job j set due_at = now() + $2 * interval '1 s', attempts = attempts + 1
       from due where j.id = due.id and j.kind = due.kind
       returning j.*
     )
     select c.id, c.kind, coalesce(d.version, 0) as version, c.application_id as "applicationId", c.organization_id as "organizationId", c.connector,
       coalesce(d.config, c.config) as config, case when d.id is null then c.credentials else d.credentials end as credentials,
       c.memos, c.attempts, c.give_up_at <= now() as "isLast", (p.settings ->> 'httpsOnly')::bool as "httpsOnly"
     from claimed c left join destination d on d.id = c.id
     join application a on a.id = c.application_id
     join delivery_profile_version p on p.application_id = a.id and p.version = a.profile_version`,
    [limit, LEASE_S],
  )
}

type Claimed = Pick<ConnectorJob, 'id' | 'kind' | 'attempts'>

/** Unless it was asked for anew meanwhile. */
export async function finishConnectorJob(sql: Sql, { id, kind, attempts }: Claimed): Promise<void> {
  await sql('delete from connector_job where id = $1 and kind = $2 and attempts = $3', [id, kind, attempts])
}

/** Undefined: never again, unless it is asked for anew. */
export async function postponeConnectorJob(
  sql: Sql,
  { id, kind, attempts }: Claimed,
  { error, afterS }: { error: string; afterS: number | undefined },
): Promise<void> {
  await sql(
    `update connector_job set error = $4, due_at = coalesce(now() + $5 * interval '1 s', 'infinity')
     where id = $1 and kind = $2 and attempts = $3`,
    [id, kind, attempts, error, afterS ?? null],
  )
}

/** What setting up said last, by destination, of those that it has not succeeded for. */
export async function findSetupErrors(sql: Sql, ids: readonly Uuid<'dst'>[]): Promise<Map<Uuid<'dst'>, string>> {
  const rows = await sql<{ id: Uuid<'dst'>; error: string }>(
    `select id, error from connector_job where id = any($1::uuid[]) and kind = 'CREATE' and error is not null`,
    [ids],
  )
  return new Map(rows.map((row) => [row.id, row.error]))
}
