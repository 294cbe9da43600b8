import { type EntityManager, MikroORM } from '@mikro-orm/postgresql'
import type pg from 'pg'
import { ApiKey } from './api-key.ts'
import { Application, DeliveryProfileVersion } from './application.ts'
import { type Actor, AuditEntry, actAs, auditSubscriber } from './audit-entry.ts'
import { apiConnections, openPipelinePool } from './connections.ts'
import { Delivery } from './delivery.ts'
import { DeliveryAttempt } from './delivery-attempt.ts'
import { Destination, DestinationHealth, SigningSecret } from './destination.ts'
import { Event } from './event.ts'
import { EventType } from './event-type.ts'
import { checkFeedEpoch } from './feed-epoch.ts'
import { migrate, whileMigrating } from './migrate.ts'
import { Organization } from './organization.ts'
import { ensurePartitions } from './partition.ts'
import { RecoveryJob } from './recovery-job.ts'
import type { SecretBox } from './secret-box.ts'
import { type Sql, sqlState } from './sql.ts'
import { createWriteHealth, type WriteHealth } from './write-health.ts'

export interface StoreOptions {
  readonly databaseUrl: string
  /** Connections of the API's queries. Those of the pipeline and the LISTEN connection come on top. */
  readonly poolSize: number
  /** Connections of publishing, claiming and settling. */
  readonly pipelinePoolSize: number
  /** Whether Postgres keeps the plans of the pipeline's statements, by connection. */
  readonly prepare: boolean
  readonly secrets: SecretBox
  readonly onError: (error: unknown) => void
}

/**
 * Everything that is kept: the ORM for the nouns, plain SQL for the pipeline, jobs, and the box for secrets. Each of the
 * two has connections of its own, so that a page full of slow queries delays no delivery.
 */
export interface Store extends AsyncDisposable {
  /** A unit of work of its own: nothing is shared between requests. */
  em(): EntityManager
  /** Whose units of work these are in the audit log; undefined is Postrider itself. */
  readonly actor: Actor | undefined
  /** The same store, used by this one. */
  as(actor: Actor): Store
  readonly sql: Sql
  /** Commits when `work` resolves, rolls back when it throws. */
  transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T>
  /** What became of the last transactions. */
  readonly writes: WriteHealth
  readonly secrets: SecretBox
  readonly databaseUrl: string
}

const entities = [
  ApiKey,
  Application,
  AuditEntry,
  Delivery,
  DeliveryAttempt,
  DeliveryProfileVersion,
  Destination,
  DestinationHealth,
  Event,
  EventType,
  Organization,
  RecoveryJob,
  SigningSecret,
]

/** Migrates, then opens. Safe to call from many processes at once. */
export async function openStore(options: StoreOptions): Promise<Store> {
  await using opening = new AsyncDisposableStack()
  let isClosing = false
  // A Postgres that stops with us says so to connections that are about to close.
  const onPoolError = (error: unknown) => {
    if (!isClosing) options.onError(error)
  }
  const orm = await MikroORM.init({
    entities,
    subscribers: [auditSubscriber],
    clientUrl: options.databaseUrl,
    pool: { max: options.poolSize },
    driverOptions: {
      ...apiConnections,
      onPoolCreated: (pool: pg.Pool) => pool.on('error', onPoolError),
    },
    logger: () => undefined,
  })
  opening.defer(() => orm.close(true))
  const pool = openPipelinePool(options.databaseUrl, options.pipelinePoolSize)
  pool.on('error', onPoolError)
  opening.defer(() => pool.end())
  const nameOf = options.prepare ? createStatementNames() : () => undefined
  const sql = sqlOf(pool, nameOf)
  const { databaseUrl } = options
  await whileMigrating(databaseUrl, () => migrate(databaseUrl))
  await ensurePartitions(sql, new Date())
  await checkFeedEpoch(sql)
  const writes = createWriteHealth()
  const opened = opening.move()
  const shared = {
    sql,
    transaction: <T>(work: (tx: Sql) => Promise<T>) => writes.watch(inTransaction(pool, nameOf, work)),
    writes,
    secrets: options.secrets,
    databaseUrl,
    [Symbol.asyncDispose]() {
      isClosing = true
      return opened.disposeAsync()
    },
  } satisfies Partial<Store>
  const usedBy = (actor: Actor | undefined): Store => ({
    ...shared,
    actor,
    as: usedBy,
    em() {
      const em = orm.em.fork()
      actAs(em, actor)
      return em
    },
  })
  return usedBy(undefined)
}

function sqlOf(client: pg.Pool | pg.PoolClient, nameOf: StatementNames): Sql {
  return async <Row>(text: string, values?: readonly unknown[]) => {
    // Without values a text may hold several statements, as pg-boss sends them: these cannot be prepared.
    const name = values?.length ? nameOf(text) : undefined
    const query = { text, ...(values && { values: values as unknown[] }), ...(name && { name }) }
    const result: pg.QueryResult | pg.QueryResult[] = await client.query(query)
    // Several statements give a result each.
    return (Array.isArray(result) ? result.flatMap((one) => one.rows) : result.rows) as Row[]
  }
}

type StatementNames = (text: string) => string | undefined

/** Ours are fewer. What is written anew each time would fill Postgres's memory with plans. */
const MAX_PREPARED = 200

/** A name for each text, the same on all connections, so that it is parsed and planned once on each. */
function createStatementNames(): StatementNames {
  const names = new Map<string, string>()
  return (text) => {
    if (!names.has(text) && names.size < MAX_PREPARED) names.set(text, `postrider_${names.size}`)
    return names.get(text)
  }
}

async function inTransaction<T>(pool: pg.Pool, nameOf: StatementNames, work: (tx: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  // A connection that dies between two statements says so by an event; unheard, that would end the process.
  const onError = (error: Error) => {
    broken = error
  }
  client.on('error', onError)
  try {
    await client.query('begin')
    const result = await work(sqlOf(client, nameOf))
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError
    })
    // Led to a standby, or opened while the database was read-only: a new connection may lead to where writes are taken.
    if (sqlState(error) === '25006') broken = error as Error
    throw error
  } finally {
    client.off('error', onError)
    client.release(broken)
  }
}
