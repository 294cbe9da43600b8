import { type EntityManager, MikroORM } from '@mikro-orm/postgresql'
import type pg from 'pg'
import { ApiKey } from './api-key.ts'
import { Application, DeliveryProfileVersion } from './application.ts'
import { type Actor, AuditEntry, actAs, auditSubscriber } from './audit-entry.ts'
import { changeConnections, openKeyPool, openPipelinePool, readConnections, survive } from './connections.ts'
import { Delivery } from './delivery.ts'
import { DeliveryAttempt } from './delivery-attempt.ts'
import { Destination, DestinationHealth, SigningSecret } from './destination.ts'
import { Event } from './event.ts'
import { EventType } from './event-type.ts'
import { checkFeedEpoch } from './feed-epoch.ts'
import { migrate, whileMigrating } from './migrate.ts'
import { type Notifier, openNotifier } from './notifier.ts'
import { Organization } from './organization.ts'
import { ensurePartitions } from './partition.ts'
import { RecoveryJob } from './recovery-job.ts'
import { createStatementNames, runOn } from './run-sql.ts'
import type { SecretBox } from './secret-box.ts'
import type { Sql } from './sql.ts'
import { inTransaction, type Transaction } from './transaction.ts'
import { createWriteHealth, type WriteHealth } from './write-health.ts'

export interface StoreOptions {
  readonly databaseUrl: string
  /** Connections for what API calls read. */
  readonly readPoolSize: number
  /** Connections for what API calls change. */
  readonly poolSize: number
  /** How long a statement of an API call may last. */
  readonly statementTimeoutMs: number
  /** Connections of publishing, claiming and settling. */
  readonly pipelinePoolSize: number
  /** Whether Postgres keeps the plans of the pipeline's statements, by connection. */
  readonly prepare: boolean
  readonly secrets: SecretBox
  readonly onError: (error: unknown) => void
}

/**
 * Everything that is kept: the ORM for the nouns, plain SQL for the pipeline, jobs, and the box for secrets. What API calls
 * read, what they change, their keys, and the pipeline have connections of their own, so that a page full of slow queries
 * delays no delivery and locks nobody out.
 */
export interface Store extends AsyncDisposable {
  /**
   * A unit of work of its own: nothing is shared between requests. It reads on the connections of `reads` while it has no
   * transaction.
   */
  em(): EntityManager
  /** Whose units of work these are in the audit log; undefined is Postrider itself. */
  readonly actor: Actor | undefined
  /** The same store, used by this one. What an organization does never takes a connection of the pipeline. */
  as(actor: Actor): Store
  /** Statements of the pipeline; of an organization's store, on the connections for changes. */
  readonly sql: Sql
  /** Statements that only read, for API calls and followers of the feed. */
  readonly reads: Sql
  /** Look-ups of keys and sessions. */
  readonly keys: Sql
  /** Commits when `work` resolves, rolls back when it throws. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** What became of the last transactions. */
  readonly writes: WriteHealth
  /** Wakes loops of this process and of others. A transaction has a `wake` of its own, which waits for the commit. */
  readonly notifier: Notifier
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
  const { databaseUrl, statementTimeoutMs } = options
  const onPoolCreated = (pool: pg.Pool) => survive(pool, onPoolError)
  const orm = await MikroORM.init({
    entities,
    subscribers: [auditSubscriber],
    clientUrl: databaseUrl,
    pool: { max: options.poolSize },
    driverOptions: { ...changeConnections(statementTimeoutMs), onPoolCreated },
    // Not another server: another pool of the same, which MikroORM reads on outside of transactions.
    replicas: [
      {
        clientUrl: databaseUrl,
        pool: { max: options.readPoolSize },
        driverOptions: { ...readConnections(statementTimeoutMs), onPoolCreated },
      },
    ],
    logger: () => undefined,
  })
  opening.defer(() => orm.close(true))
  const own = (pool: pg.Pool) => {
    survive(pool, onPoolError)
    opening.defer(() => pool.end())
    return pool
  }
  const pool = own(openPipelinePool(databaseUrl, options.pipelinePoolSize))
  const keyPool = own(openKeyPool(databaseUrl))
  const changes = await orm.driver.getConnection('write').getNativeClient()
  const reads = await orm.driver.getConnection('read').getNativeClient()
  const nameOf = options.prepare ? createStatementNames() : () => undefined
  const sql = runOn(pool, nameOf)
  await whileMigrating(databaseUrl, () => migrate(databaseUrl))
  await ensurePartitions(sql, new Date())
  await checkFeedEpoch(sql)
  const notifier = opening.use(openNotifier({ databaseUrl, sql, onError: options.onError }))
  const writes = createWriteHealth()
  const opened = opening.move()
  const on = (used: pg.Pool) => ({
    sql: runOn(used, nameOf),
    transaction: <T>(work: (tx: Transaction) => Promise<T>) =>
      writes.watch(inTransaction({ pool: used, nameOf, notifier }, work)),
  })
  const ofPipeline = on(pool)
  const ofOrganizations = on(changes)
  const shared = {
    reads: runOn(reads, nameOf),
    keys: runOn(keyPool, nameOf),
    writes,
    notifier,
    secrets: options.secrets,
    databaseUrl,
    [Symbol.asyncDispose]() {
      isClosing = true
      return opened.disposeAsync()
    },
  } satisfies Partial<Store>
  const usedBy = (actor: Actor | undefined): Store => ({
    ...shared,
    ...(actor?.kind === 'ORGANIZATION' ? ofOrganizations : ofPipeline),
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
