import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { ApiKeyCreateDocument, ApiKeyRevokeDocument, EventsPublishDocument } from '../src/client/generated/documents.ts'
import { request } from '../src/client/request.ts'
import { startEmbeddedPostgres } from '../src/embedded/embedded-postgres.ts'
import { copyTables } from './support/copy-tables.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { startDeafProxy } from './support/deaf-proxy.ts'
import { committedAttempts, startFollower } from './support/feed-follower.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { temporaryFolder } from './support/process.ts'
import { openAcknowledged } from './support/raw-socket.ts'
import { startReceiver } from './support/receiver.ts'
import { seedAttempts } from './support/seed-attempts.ts'

// Whatever happens, a follower has heard in the end what the table holds: each attempt, once, in the order of the table.

const COUNT = 150

describe('a follower hears every attempt', () => {
  test('through either of two API processes, beside a worker', async () => {
    await using setting = await prepare({ role: 'api' })
    await using second = await startTestPostrider({}, { database: setting.database, role: 'api' })
    await using _worker = await startTestPostrider({}, { database: setting.database, role: 'worker' })
    await using one = await startFollower(setting.backend.endpoint)
    await using other = await startFollower({ ...setting.backend.endpoint, url: second.url })
    await setting.publish(COUNT)
    await Promise.all([one.heard(COUNT), other.heard(COUNT)])
    const committed = await committedAttempts(setting.database)
    expect(one.ids).toEqual(committed)
    expect(other.ids).toEqual(committed)
  })

  test('while the process that it follows is started again and again', async () => {
    await using setting = await prepare({ role: 'api' })
    await using _worker = await startTestPostrider({}, { database: setting.database, role: 'worker' })
    const { port } = new URL(setting.postrider.url)
    await using follower = await startFollower(setting.backend.endpoint)
    for (let round = 1; round <= 3; round += 1) {
      await setting.publish(COUNT / 3)
      await setting.restart({ PORT: port })
      await follower.heard((round * COUNT) / 3)
    }
    expect(follower.ids).toEqual(await committedAttempts(setting.database))
  })

  test('while LISTEN backends are killed', async () => {
    await using setting = await prepare({ role: 'api' })
    await using _worker = await startTestPostrider({}, { database: setting.database, role: 'worker' })
    await using follower = await startFollower(setting.backend.endpoint)
    let killed = 0
    for (let round = 0; round < 6; round += 1) {
      await setting.publish(COUNT / 6)
      const rows = await setting.database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'postrider notifier' and datname = current_database()`,
      )
      killed += rows.length
    }
    await follower.heard(COUNT)
    expect(killed).toBeGreaterThanOrEqual(2)
    expect(follower.ids).toEqual(await committedAttempts(setting.database))
  })

  test('while no notification comes through', async () => {
    await using database = await createTestDatabase()
    await using proxy = await startDeafProxy(database.url)
    await using setting = await prepare({ role: 'api', database: { ...database, url: proxy.url } })
    await using _worker = await startTestPostrider({}, { database, role: 'worker' })
    await using follower = await startFollower(setting.backend.endpoint)
    await setting.publish(COUNT)
    await follower.heard(COUNT)
    expect(proxy.swallowed).toBeGreaterThan(0)
    expect(follower.ids).toEqual(await committedAttempts(database))
  })

  test('that was committed out of order', async () => {
    await using setting = await prepare()
    await using follower = await startFollower(setting.backend.endpoint)
    await using early = await startFollower(setting.backend.endpoint)
    const writers = await Promise.all(Array.from({ length: 5 }, () => openWriter(setting)))
    for (const round of [0, 1, 2]) {
      for (const writer of writers) await writer.write(10)
      // The last to write commits first; the others are still open.
      for (const writer of round % 2 === 0 ? writers.toReversed() : writers) await writer.commit()
      await setting.publish(10)
    }
    for (const writer of writers) await writer.end()
    const total = 3 * (5 * 10 + 10)
    await Promise.all([follower.heard(total), early.heard(total)])
    const committed = await committedAttempts(setting.database)
    expect(follower.ids).toEqual(committed)
    expect(early.ids).toEqual(committed)
  })

  test('also when it reads slowly, and others are not kept waiting for it', async () => {
    await using setting = await prepare()
    await using raw = await openAcknowledged(setting.postrider.url, setting.backend.endpoint.key)
    const query = `subscription { deliveryAttempts { cursor ... on DeliveryAttemptRecorded { attempt { id request { body } } } } }`
    raw.send({ id: '1', type: 'subscribe', payload: { query } })
    await raw.next()
    raw.socket.pause()
    await using follower = await startFollower(setting.backend.endpoint)
    // More than the kernel keeps for a socket that nobody reads.
    const many = 300
    await setting.publish(many, { padding: 'x'.repeat(40_000) })
    await follower.heard(many)
    const committed = await committedAttempts(setting.database)
    expect(follower.ids).toEqual(committed)
    raw.socket.resume()
    const ids: string[] = []
    while (ids.length < many) {
      const { payload } = (await raw.next()) as {
        payload: { data: { deliveryAttempts: { attempt?: { id: string } } } }
      }
      const { attempt } = payload.data.deliveryAttempts
      if (attempt) ids.push(attempt.id)
    }
    expect(ids).toEqual(committed)
  })

  test('after its key was revoked in mid-stream, with another one', async () => {
    await using setting = await prepare()
    const made = await setting.backend.send(ApiKeyCreateDocument, { input: { name: 'feed' } })
    const { apiKey, secret } = made.apiKeyCreate
    await using follower = await startFollower({ ...setting.backend.endpoint, key: secret! })
    const publishing = setting.publish(COUNT)
    await follower.heard(10)
    await setting.backend.send(ApiKeyRevokeDocument, { input: { id: apiKey!.id } })
    expect(await follower.ended).toMatchObject({ name: 'AttemptFeedRefused', code: 'UNAUTHENTICATED' })
    await publishing
    await using next = await startFollower({ ...setting.backend.endpoint, after: follower.cursor })
    await next.heard(COUNT - follower.ids.length)
    expect([...follower.ids, ...next.ids]).toEqual(await committedAttempts(setting.database))
  })
})

test('after a restore from a dump, on another Postgres, it is told so and hears all that comes', async () => {
  await using before = await prepare()
  await using follower = await startFollower(before.backend.endpoint)
  await before.publish(20)
  await follower.heard(20)
  await using folder = await temporaryFolder()
  await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log: () => undefined })
  // The dump is a little older than what the follower has heard.
  await using restored = await openDatabase(postgres.url)
  {
    await using _migrated = await startTestPostrider({}, { database: restored, role: 'api' })
  }
  await copyTables(before.database, restored)
  await before.publish(5)
  await follower.heard(25)
  await using after = await startTestPostrider({}, { database: restored })
  const endpoint = { ...before.backend.endpoint, url: after.url }
  await using resumed = await startFollower({ ...endpoint, after: follower.cursor })
  await before.publishOn(endpoint, 15)
  await resumed.heard(15)
  expect(resumed.items[0]).toMatchObject({ kind: 'reset', reason: 'RESTORED' })
  const committed = await committedAttempts(restored)
  expect(committed.slice(0, 20)).toEqual(follower.ids.slice(0, 20))
  expect(resumed.ids).toEqual(committed.slice(20))
  await using anew = await startFollower({ ...endpoint, after: resumed.items[0]!.cursor })
  await anew.heard(15)
  expect(anew.ids).toEqual(committed.slice(20))
  // One that was behind already when the dump was made has lost nothing.
  const attempts = follower.items.filter((item) => item.kind === 'attempt')
  await using lagging = await startFollower({ ...endpoint, after: attempts[7]!.cursor })
  await lagging.heard(27)
  expect(lagging.ids).toEqual(committed.slice(8))
  expect(lagging.items.filter((item) => item.kind === 'reset')).toEqual([])
  await using newest = await startFollower({ ...endpoint, last: 18 })
  await newest.heard(18)
  expect(newest.ids).toEqual(committed.slice(-18))
}, 120_000)

interface Setting extends AsyncDisposable {
  readonly postrider: TestPostrider
  readonly database: TestDatabase
  readonly backend: Backend
  readonly destinationId: string
  readonly organizationId: string
  /** In batches, from several callers. */
  publish(count: number, data?: object): Promise<void>
  publishOn(endpoint: Backend['endpoint'], count: number): Promise<void>
  restart(environment: Record<string, string>): Promise<void>
}

async function prepare(options: { role?: 'api'; database?: TestDatabase } = {}): Promise<Setting> {
  await using preparing = new AsyncDisposableStack()
  const receiver = preparing.use(await startReceiver())
  const database = options.database ?? preparing.use(await createTestDatabase())
  let postrider = await startTestPostrider({}, { ...options, database })
  preparing.defer(() => postrider[Symbol.asyncDispose]())
  const backend = await postrider.application()
  const { organizationId, id } = await backend.hook(receiver.url)
  const publishOn = async (endpoint: Backend['endpoint'], count: number, data: object = {}) => {
    const batch = Math.min(count, 50)
    for (let sent = 0; sent < count; sent += batch) {
      const events = Array.from({ length: batch }, () => ({ organizationId, type: 'a', data }))
      await request(endpoint, EventsPublishDocument, { input: { events } })
    }
  }
  const prepared = preparing.move()
  return {
    get postrider() {
      return postrider
    },
    database,
    backend,
    destinationId: id,
    organizationId,
    publish: (count, data) => publishOn(backend.endpoint, count, data),
    publishOn,
    async restart(environment) {
      await postrider[Symbol.asyncDispose]()
      postrider = await startTestPostrider(environment, { ...options, database })
    },
    [Symbol.asyncDispose]: () => prepared.disposeAsync(),
  }
}

/** A transaction that writes attempts, as a settlement does, and commits when it is told to. */
async function openWriter({ database, backend, organizationId, destinationId }: Setting) {
  const client = new pg.Client(database.url)
  await client.connect()
  const query = async (text: string, values?: unknown[]) => (await client.query(text, values)).rows
  return {
    async write(count: number) {
      const attempts = Array.from({ length: count }, () => ({ startedAt: new Date().toISOString() }))
      await query('begin')
      await seedAttempts({ query }, { applicationId: backend.applicationId, organizationId, destinationId, attempts })
    },
    commit: () => query('commit'),
    end: () => client.end(),
  }
}

async function openDatabase(url: string): Promise<TestDatabase> {
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  pool.on('error', () => undefined)
  return {
    url,
    query: async (text, values) => (await pool.query(text, values)).rows,
    [Symbol.asyncDispose]: () => pool.end(),
  }
}
