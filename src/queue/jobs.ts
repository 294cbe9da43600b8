import { PgBoss } from 'pg-boss'
import type { Uuid } from '../domain/id.ts'
import type { Sql } from '../store/sql.ts'

const QUEUE = 'delivery'

/** A lease that its process has not renewed for this time is lost. It is renewed every third of that. */
export const LEASE_S = 15
/** Lost leases use up pg-boss's retries, so some must always be left: the worker counts them itself. */
const RETRY_LIMIT = 1_000
const LONGEST_LEASE_S = 3_600
/** pg-boss forgets a job that nobody claimed for this time. Jobs can run now, so none waits nearly as long. */
const RETENTION_S = 365 * 86_400

/** A delivery that this process has claimed: nobody else attempts it until the lease is lost. */
export interface Lease {
  /** The delivery's UUID; its job has the same. */
  readonly id: Uuid<'dlv'>
  /** How often a lease on this job was lost. It fences settlement: a job claimed by another process meanwhile has another count. */
  readonly retryCount: number
}

/** Starts pg-boss, which makes the queue and takes back leases that were lost. Disposing it stops that. */
export async function openQueue(options: {
  sql: Sql
  supervise: boolean
  onError: (error: unknown) => void
}): Promise<AsyncDisposable> {
  const { sql } = options
  const boss = new PgBoss({
    db: { executeSql: async (text, values) => ({ rows: await sql(text, values) }) },
    supervise: options.supervise,
    schedule: false,
    monitorIntervalSeconds: 5,
    superviseIntervalSeconds: 5,
  })
  boss.on('error', options.onError)
  await boss.start()
  await boss.createQueue(QUEUE, {
    policy: 'standard',
    retryLimit: RETRY_LIMIT,
    heartbeatSeconds: LEASE_S,
    expireInSeconds: LONGEST_LEASE_S,
    retentionSeconds: RETENTION_S,
  })
  await dropReferences(sql)
  return { [Symbol.asyncDispose]: () => boss.stop({ graceful: false, close: false }) }
}

// Statements of our own on pg-boss's table: its API does not tell which of a fenced batch it touched, and takes 11 us to
// insert a job and 30 us to claim one where these take 7 and 24 (400 and 58 at a time, with their round trip, 2 cores).
// test/job-table.test.ts pins the columns they rely on; pg-boss makes the queue, and takes lost leases back.

/**
 * pg-boss has every job looked up and lock its queue's row once more at commit (5 us a delivery). Ours are written for a queue
 * that is there, and that nothing deletes.
 */
async function dropReferences(sql: Sql): Promise<void> {
  const references = await sql<{ name: string }>(
    "select conname as name from pg_constraint where conrelid = 'pgboss.job_common'::regclass and contype = 'f'",
  )
  for (const { name } of references) await sql(`alter table pgboss.job_common drop constraint if exists ${name}`)
}

/** An insert of a job for each id that `source` yields: what follows FROM. */
export function insertJobsFrom(source: string): string {
  return `insert into pgboss.job (id, name, policy, retry_limit, heartbeat_seconds, expire_seconds, keep_until)
     select id, '${QUEUE}', 'standard', ${RETRY_LIMIT}, ${LEASE_S}, ${LONGEST_LEASE_S}, now() + interval '${RETENTION_S} s'
     from ${source}`
}

export async function insertJobs(tx: Sql, deliveryIds: readonly Uuid<'dlv'>[]): Promise<void> {
  if (deliveryIds.length > 0) await tx(insertJobsFrom('unnest($1::uuid[]) as id'), [deliveryIds])
}

/** The oldest first. `id = any(array(…))` is a form whose plan holds whatever the statistics say. */
export async function claimJobs(sql: Sql, batchSize: number): Promise<Lease[]> {
  return sql<Lease>(
    `update pgboss.job set state = 'active', started_on = now(), heartbeat_on = now(),
       retry_count = case when started_on is null then retry_count else retry_count + 1 end
     where name = '${QUEUE}' and id = any(array(
       select id from pgboss.job where name = '${QUEUE}' and state < 'active' and not blocked and start_after <= now()
       order by priority desc, created_on limit $1 for update skip locked))
     returning id, retry_count as "retryCount"`,
    [batchSize],
  )
}

const isOurs = `name = '${QUEUE}' and id = any($1::uuid[]) and retry_count = $2 and state = 'active'`

/** One statement for all leases that were lost as often as each other, which are nearly always all: a join would be slower. */
async function onLeases<Row>(sql: Sql, text: string, leases: readonly Lease[]): Promise<Row[]> {
  const byCount = Map.groupBy(leases, (lease) => lease.retryCount)
  const rows: Row[] = []
  for (const [retryCount, group] of byCount) {
    rows.push(...(await sql<Row>(text, [group.map((lease) => lease.id), retryCount])))
  }
  return rows
}

/** Keeps leases alive. Returns those still ours. */
export async function renewLeases(sql: Sql, leases: readonly Lease[]): Promise<Set<Uuid<'dlv'>>> {
  const text = `update pgboss.job set heartbeat_on = now() where ${isOurs} returning id`
  const rows = await onLeases<{ id: Uuid<'dlv'> }>(sql, text, leases)
  return new Set(rows.map((row) => row.id))
}

/**
 * Deletes the jobs of leases still ours: only these may be settled. Returns their deliveries, each with the number in the
 * FIFO line that it leaves, null without one.
 */
export async function finishLeases(tx: Sql, leases: readonly Lease[]): Promise<Map<Uuid<'dlv'>, number | null>> {
  const text = `with finished as (
      delete from pgboss.job where ${isOurs} returning id
    ), left_line as (
      delete from waiting_delivery w using finished
      where w.delivery_id = any($1::uuid[]) and w.delivery_id = finished.id
      returning w.delivery_id, w.line_no
    )
    select id, line_no::int as "lineNo" from finished left join left_line on delivery_id = id`
  const rows = await onLeases<{ id: Uuid<'dlv'>; lineNo: number | null }>(tx, text, leases)
  return new Map(rows.map((row) => [row.id, row.lineNo]))
}

/** Releases leases without an attempt: the jobs are due at once, for any worker. */
export async function releaseLeases(sql: Sql, leases: readonly Lease[]): Promise<void> {
  await onLeases(
    sql,
    `update pgboss.job set state = 'created', started_on = null, heartbeat_on = null where ${isOurs}`,
    leases,
  )
}

/** Deletes jobs that nobody has leased; returns the ids of those that existed. */
export async function withdrawJobs(tx: Sql, ids: readonly Uuid<'dlv'>[]): Promise<Set<Uuid<'dlv'>>> {
  const rows = await tx<{ id: Uuid<'dlv'> }>(
    `delete from pgboss.job where name = '${QUEUE}' and id = any($1::uuid[]) and state < 'active' returning id`,
    [ids],
  )
  return new Set(rows.map((row) => row.id))
}

/** Deletes jobs, leased or not. */
export async function dropJobs(tx: Sql, ids: readonly Uuid<'dlv'>[]): Promise<void> {
  await tx(`delete from pgboss.job where name = '${QUEUE}' and id = any($1::uuid[])`, [ids])
}

/** pg-boss's number for its tables; null when there are none. */
export async function jobTablesVersion(sql: Sql): Promise<number | null> {
  const [{ found } = { found: false }] = await sql<{ found: boolean }>(
    "select to_regclass('pgboss.version') is not null as found",
  )
  if (!found) return null
  const [row] = await sql<{ version: number }>('select version from pgboss.version')
  return row?.version ?? null
}
