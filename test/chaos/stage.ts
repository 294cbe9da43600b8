import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'vitest'
import { idFromUuid, type Uuid } from '../../src/domain/id.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Backend, createBackend, OPERATOR_KEY, TEST_ENVIRONMENT } from '../support/postrider.ts'
import { type PostriderProcess, startProcess } from '../support/process.ts'
import { assertConsistent } from './consistency.ts'
import { type Follower, readFeedFrom, startFollower } from './follower.ts'
import type { Load } from './load.ts'
import { type Arrival, type Behaviour, type CountingReceiver, startCountingReceiver } from './receiver.ts'
import { until } from './until.ts'

/** POSTRIDER_CONCURRENCY as it is by default: most deliveries that a server has in flight. */
export const MOST_IN_FLIGHT = 256

export interface StageOptions {
  /** Default: a private database of the tests' Postgres. */
  readonly database?: TestDatabase
  /** What the server connects to. Default: the database itself. */
  readonly databaseUrl?: string
  /** The server delivers nothing: that is for the workers of `startWorker`. */
  readonly isApiOnly?: boolean
  /** How receivers answer. Default: ok. */
  readonly behave?: (arrival: Arrival) => Behaviour
  /** How long the server waits for an answer. Default 2 s. */
  readonly timeoutMs?: number
  /** Beside that of the tests. */
  readonly environment?: Readonly<Record<string, string>>
}

/** A real server with one application, whose organization has a destination for all events and one for `a` only. */
export interface Stage extends AsyncDisposable {
  readonly database: TestDatabase
  readonly receiver: CountingReceiver
  readonly follower: Follower
  readonly backend: Backend
  readonly organizationId: string
  /** The one that runs now, or ran last. */
  readonly server: PostriderProcess
  /** Another server, at the address of the last one, which has ended. */
  startServer(): Promise<void>
  /** A worker beside the server, on the same Postgres. */
  startWorker(): Promise<PostriderProcess>
}

/** Retries come within seconds, and there are enough of them. */
const RETRIES = { retryDelays: [1, 1, 2, 2, ...Array<number>(16).fill(5)], retryJitter: 0 }

export async function setStage(options: StageOptions = {}): Promise<Stage> {
  await using setting = new AsyncDisposableStack()
  const database = options.database ?? setting.use(await createTestDatabase())
  const receiver = setting.use(await startCountingReceiver(options.behave ?? (() => 'ok')))
  const { timeoutMs = 2_000 } = options
  const environment = {
    ...TEST_ENVIRONMENT,
    PORT: String(await findPort()),
    DATABASE_URL: options.databaseUrl ?? database.url,
    ...options.environment,
  }
  const args = options.isApiOnly ? ['--role', 'api'] : []
  let server = await startProcess({ environment, args })
  setting.defer(() => server[Symbol.asyncDispose]())
  const backend = await createBackend({ url: server.url, key: OPERATOR_KEY }, { ...RETRIES, timeoutMs })
  await backend.eventType('a')
  await backend.eventType('b')
  const organizationId = await backend.organization()
  await backend.destination({ organizationId, url: receiver.url('all') })
  await backend.destination({ organizationId, url: receiver.url('some'), eventTypes: ['a'] })
  const follower = setting.use(await startFollower(backend.endpoint))
  const set = setting.move()
  return {
    database,
    receiver,
    follower,
    backend,
    organizationId,
    get server() {
      return server
    },
    async startServer() {
      await server[Symbol.asyncDispose]()
      server = await startProcess({ environment, args })
    },
    startWorker: () => startProcess({ environment: { ...environment, PORT: '0' }, args: ['--role', 'worker'] }),
    [Symbol.asyncDispose]: () => set.disposeAsync(),
  }
}

/** Waits until nothing is pending any more, then holds everything that was promised of the load against what came. */
export async function assertAllIsWell(stage: Stage, load: Pick<Load, 'acknowledged'>): Promise<void> {
  await untilSettled(stage.database)
  await assertConsistent(stage.database, load.acknowledged.keys())
  await assertNothingLost(stage, load)
  await assertFeedIsComplete(stage)
}

/** Every acknowledged event came to every destination that should have it, and is known to have. */
async function assertNothingLost(
  { database, receiver }: Stage,
  { acknowledged }: Pick<Load, 'acknowledged'>,
): Promise<void> {
  const ids = [...acknowledged.keys()]
  const some = ids.filter((id) => acknowledged.get(id) === 'a')
  expect(new Set(receiver.successesOf('all').keys())).toEqual(new Set(ids))
  expect(new Set(receiver.successesOf('some').keys())).toEqual(new Set(some))
  expect(await database.query("select id, status, attempt_count from delivery where status <> 'SUCCEEDED'")).toEqual([])
}

/** The live follower has seen, and the query gives, every attempt once and in the order of their commits. */
async function assertFeedIsComplete({ database, backend, follower }: Stage): Promise<void> {
  const rows = await database.query<{ id: Uuid<'att'> }>(
    'select id from delivery_attempt order by feed_epoch, feed_xid, id',
  )
  const all = rows.map((row) => idFromUuid('att', row.id))
  // The feed waits for older transactions of the whole cluster, and other tests' are among them.
  let read: string[] = []
  await until('the query gives all attempts', async () => {
    read = await readFeedFrom(backend.endpoint, follower.firstCursor)
    return read.length >= all.length
  })
  expect(read).toEqual(all)
  await until('the follower has seen as many attempts as there are', () => follower.seen.length >= all.length)
  expect(follower.seen).toEqual(all)
  expect(follower.resets).toEqual([])
}

/**
 * Answers of 200 that no attempt tells of: each is a delivery that comes twice. Only while no server runs, and none of
 * its last statements: then the figure is exact.
 */
export async function unrecordedSuccesses({ database, receiver }: Stage): Promise<number> {
  await receiver.untilDeserted()
  await until('the sessions of the dead server are gone', async () => {
    const sessions =
      "select 1 from pg_stat_activity where datname = current_database() and application_name ~ '^postrider'"
    return (await database.query(sessions)).length === 0
  })
  return receiver.successes - (await successAttempts(database))
}

async function successAttempts(database: TestDatabase): Promise<number> {
  const sql = "select count(*)::int as count from delivery_attempt where outcome = 'SUCCESS'"
  return (await database.query<{ count: number }>(sql))[0]!.count
}

/** How many successes came more than once, when all is settled. */
export async function duplicates({ database, receiver }: Stage): Promise<number> {
  await untilSettled(database)
  return receiver.successes - (await successAttempts(database))
}

const PENDING = `select d.id, d.attempt_count, d.next_attempt_at, j.state, j.start_after, j.retry_count, j.heartbeat_on
  from delivery d left join pgboss.job j on j.id = d.id where d.status = 'PENDING' limit 20`

async function untilSettled(database: TestDatabase): Promise<void> {
  const isSettled = async () =>
    (await database.query("select 1 from delivery where status = 'PENDING' limit 1")).length === 0
  // Says of a failure which deliveries it waits for.
  await until('no delivery is pending', isSettled).catch(async (error) => {
    expect(await database.query(PENDING)).toEqual([])
    throw error
  })
}

/** A port below those that systems hand out, so that no other test is given it while our server is down. */
async function findPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000)
    const probe = createServer().listen(port, '127.0.0.1')
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    probe.close()
    await once(probe, 'close')
    return port
  }
}

/** Leases that nobody renews run out now instead of 15 s from now: for the short forms. */
export async function ageLeases(database: TestDatabase): Promise<void> {
  await database.query("update pgboss.job set heartbeat_on = heartbeat_on - interval '1 minute' where state = 'active'")
}
