import { PgBoss } from 'pg-boss'
import type { Sql } from './sql.ts'

const QUEUE = 'delivery'

/** A lease is lost when nothing was heard of its holder for so long; the holder says so every third of it. */
export const LEASE_S = 15
/** Lost leases use up pg-boss's retries, so there must always be some left: the pipeline counts them itself. */
const RETRY_LIMIT = 1_000
const LONGEST_LEASE_S = 3_600
/** Longest wait of a pending job, above the 30 days that a schedule can hold. */
const RETENTION_S = 62 * 86_400

/** A delivery that this process holds: nobody else attempts it until the lease is lost. */
export interface Lease {
  /** The delivery's UUID; its job has the same. */
  readonly id: string
  /** How often a lease on this job was lost. It fences settlement: one taken over meanwhile is left alone. */
  readonly retryCount: number
}

export interface NewJob {
  readonly id: string
  /** Due so much later, by Postgres's clock; now when omitted. */
  readonly delayMs?: number
}

/** The queue of pending deliveries: one job each, in pg-boss, inside the caller's transaction. */
export interface Jobs {
  insert(tx: Sql, jobs: readonly NewJob[]): Promise<void>
  claim(batchSize: number): Promise<Lease[]>
  /** Keeps leases alive. Returns those still held. */
  renew(leases: readonly Lease[]): Promise<Set<string>>
  /** Deletes the jobs of leases still held, and returns their ids: only these may be settled. */
  finish(tx: Sql, leases: readonly Lease[]): Promise<Set<string>>
  /** Gives leases back unused: the jobs are due at once, for anyone. */
  release(leases: readonly Lease[]): Promise<void>
  /** Makes a waiting job due now; false when there is none, because it is held or done. */
  hasten(tx: Sql, id: string): Promise<boolean>
  /** Takes jobs away, whoever holds them. */
  drop(tx: Sql, ids: readonly string[]): Promise<void>
  close(): Promise<void>
}

export async function openJobs(options: {
  sql: Sql
  supervise: boolean
  onError: (error: unknown) => void
}): Promise<Jobs> {
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
  return {
    async insert(tx, jobs) {
      if (jobs.length === 0) return
      await boss.insert(
        QUEUE,
        jobs.map(({ id, delayMs }) => (delayMs ? { id, startAfter: `${delayMs / 1_000} seconds` } : { id })),
        { db: { executeSql: async (text, values) => ({ rows: await tx(text, values) }) }, returnId: false },
      )
    },
    // groupConcurrency is out of reach on purpose: it makes pg-boss claim by `id = any(array(…))`, whose plan holds
    // whatever the statistics say, where the plain form was seen to scan (8,400/s against 742/s).
    claim: (batchSize) => boss.fetch(QUEUE, { batchSize, groupConcurrency: 1e9 }),
    renew: (leases) => renewLeases(sql, leases),
    finish: (tx, leases) => finishLeases(tx, leases),
    release: (leases) => releaseLeases(sql, leases),
    hasten: (tx, id) => hastenJob(tx, id),
    drop: (tx, ids) => dropJobs(tx, ids),
    close: () => boss.stop({ graceful: false, close: false }),
  }
}

// Statements of our own on pg-boss's table, because its API does not tell which of a fenced batch it touched.
// test/job-table.test.ts pins the columns they rely on.

const held = `name = '${QUEUE}' and id = any($1::uuid[]) and state = 'active'
  and id::text || ':' || retry_count::text = any($2::text[])`

function heldBy(leases: readonly Lease[]): [string[], string[]] {
  return [leases.map((lease) => lease.id), leases.map((lease) => `${lease.id}:${lease.retryCount}`)]
}

async function renewLeases(sql: Sql, leases: readonly Lease[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }>(
    `update pgboss.job set heartbeat_on = now() where ${held} returning id`,
    heldBy(leases),
  )
  return new Set(rows.map((row) => row.id))
}

async function finishLeases(tx: Sql, leases: readonly Lease[]): Promise<Set<string>> {
  const rows = await tx<{ id: string }>(`delete from pgboss.job where ${held} returning id`, heldBy(leases))
  return new Set(rows.map((row) => row.id))
}

async function releaseLeases(sql: Sql, leases: readonly Lease[]): Promise<void> {
  await sql(
    `update pgboss.job set state = 'created', started_on = null, heartbeat_on = null where ${held}`,
    heldBy(leases),
  )
}

async function hastenJob(tx: Sql, id: string): Promise<boolean> {
  const rows = await tx(
    `update pgboss.job set start_after = now() where name = '${QUEUE}' and id = $1 and state < 'active' returning id`,
    [id],
  )
  return rows.length > 0
}

async function dropJobs(tx: Sql, ids: readonly string[]): Promise<void> {
  await tx(`delete from pgboss.job where name = '${QUEUE}' and id = any($1::uuid[])`, [ids])
}
