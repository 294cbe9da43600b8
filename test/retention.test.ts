import { expect, test, vi } from 'vitest'
import {
  DeliveriesDocument,
  DeliveryAttemptsDocument,
  DeliveryDocument,
  DeliveryRetryDocument,
  FollowAttemptsDocument,
  type FollowAttemptsSubscription,
  TypedDocumentString,
} from '../src/client/generated/documents.ts'
import { openSocket, subscribe } from '../src/client/subscribe.ts'
import { idFromUuid, idToUuid, parseId, uuidFloor } from '../src/domain/id.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { type Backend, startTestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

const DAY_MS = 86_400_000
const TABLES = ['delivery', 'delivery_attempt', 'event']
const KEEP_ALL = { POSTRIDER_RETENTION_DAYS: '0' }

test('old days go while events are published, delivered and followed, two processes drop them, and nobody notices', async () => {
  await using setting = await prepare()
  const { backend, database, organizationId, receiver } = setting
  for (const daysAgo of [31, 32, 33, 40]) await seedDay(setting, daysAgo)
  for (const daysAgo of [2, 29]) await seedDay(setting, daysAgo)
  const socket = openSocket(backend.endpoint)
  const feed = subscribe(socket, FollowAttemptsDocument, {})
  await feed.next()
  let isDropped = false
  const published = new Set<string>()
  const publishing = Array.from({ length: 8 }, async () => {
    while (!isDropped) {
      const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
      published.add(deliveries[0]!.id)
      await backend.send(DeliveriesDocument, { first: 20 })
    }
  })
  const processes = await Promise.all([1, 2].map(() => startTestPostrider({}, { database })))
  await daysOfAllTables(database, [29, 2]).finally(() => {
    isDropped = true
  })
  await Promise.all(publishing)
  // At least once: an attempt may come twice, and none is left out.
  for (const waiting = new Set(published); waiting.size > 0; ) {
    const { deliveryAttempts: item } = (await feed.next()).value!
    expect(item.__typename).not.toBe('FeedReset')
    if (item.__typename === 'DeliveryAttemptRecorded') waiting.delete(item.attempt.deliveryId)
  }
  await socket.dispose()
  for (const one of processes) await one[Symbol.asyncDispose]()
  expect(receiver.requests).toHaveLength(published.size)
})

test('nothing goes when all is to be kept', async () => {
  await using setting = await prepare()
  await seedDay(setting, 400)
  await using _other = await startTestPostrider(KEEP_ALL, { database: setting.database })
  expect(await daysOf(setting.database, 'event')).toEqual([400])
})

test('a day stays as long as a pending delivery lies in it or has its event there', async () => {
  await using setting = await prepare()
  const { backend, database } = setting
  const late = await seedDay(setting, 40, { status: 'PENDING' })
  await database.query(
    `insert into waiting_delivery (delivery_id, destination_id, state, due_at) values ($1, $2, 'SCHEDULED', now() + interval '1 day')`,
    [late.delivery, idToUuid(setting.destinationId)],
  )
  await seedDay(setting, 41)
  const retried = await seedDay(setting, 42)
  setting.answer = () => undefined
  const { deliveryRetry } = await backend.send(DeliveryRetryDocument, {
    input: { id: idFromUuid('dlv', retried.delivery) },
  })
  const retry = deliveryRetry.delivery!.id
  {
    await using _other = await startTestPostrider({}, { database })
    await vi.waitFor(async () => expect(await daysOf(database, 'event')).toEqual([42, 40]))
  }
  expect(await daysOf(database, 'delivery')).toEqual([40])
  expect(await daysOf(database, 'delivery_attempt')).toEqual([])
  const kept = await backend.send(DeliveryDocument, { id: idFromUuid('dlv', late.delivery) })
  expect(kept.delivery).toMatchObject({ status: 'PENDING', event: { id: idFromUuid('evt', late.event) } })

  setting.letGo()
  await backend.finished(retry)
  await database.query('delete from waiting_delivery')
  await database.query("update delivery set status = 'CANCELLED' where status = 'PENDING'")
  await using _again = await startTestPostrider({}, { database })
  await daysOfAllTables(database, [])
  // What is younger than its event is still there, and says so.
  const { delivery } = await backend.send(DeliveryDocument, { id: retry })
  expect(delivery).toMatchObject({ eventId: idFromUuid('evt', retried.event), event: null, status: 'SUCCEEDED' })
  const listed = await backend.send(DeliveriesWithEventDocument, {})
  expect(listed.deliveries.nodes).toEqual([{ id: retry, event: null }])
})

test('a cursor of before what was dropped is told that it has expired, and goes on from there', async () => {
  await using setting = await prepare()
  const { backend, database, organizationId } = setting
  const live = async () => backend.finished((await publishOne(backend, organizationId)).id)
  await seedDay(setting, 41)
  await seedDay(setting, 40)
  await live()
  const before = await untilVisible(backend, 3)
  await using _other = await startTestPostrider({}, { database })
  await daysOfAllTables(database, [])
  await live()

  const socket = openSocket(backend.endpoint)
  const follow = (after: string | null, last?: number) => {
    const items = subscribe(socket, FollowAttemptsDocument, { after, ...(last && { last }) })
    return async () => (await items.next()).value!.deliveryAttempts
  }
  const expired = follow(before[0]!.cursor)
  const reset = await expired()
  expect(reset).toMatchObject({ __typename: 'FeedReset', reason: 'EXPIRED' })
  expect(await attemptsIn(expired, 2)).toContain(before[2]!.id)
  // Where nothing was missed, nothing is said: from the last one that was dropped, the reset itself, and what is kept.
  for (const cursor of [before[1]!.cursor, reset.cursor, before[2]!.cursor]) {
    expect(await follow(cursor)()).toMatchObject({ __typename: 'FeedCheckpoint' })
  }
  const { cursor } = await follow(null, 100)()
  expect(await follow(cursor)()).toMatchObject({ __typename: 'FeedCheckpoint' })
  await socket.dispose()

  const page = (after: string | null) => backend.send(DeliveryAttemptsDocument, { after })
  await expect(page(before[0]!.cursor)).rejects.toMatchObject({ codes: ['BAD_USER_INPUT'] })
  expect((await page(before[1]!.cursor)).deliveryAttempts.edges).toHaveLength(2)
  expect((await page(null)).deliveryAttempts.edges).toHaveLength(2)
})

test('what a clock that was wrong has put beside the days goes too, once the feed is past it', async () => {
  await using setting = await prepare()
  const { backend, database } = setting
  // Long before the days: there is no partition for it, nor for the second, whose place in the feed is a later one.
  await seedRows(setting, Date.UTC(2001, 1, 1))
  await seedDay(setting, 40)
  const later = await seedRows(setting, Date.UTC(2002, 1, 1))
  await untilVisible(backend, 3)
  await using _other = await startTestPostrider({}, { database })
  await daysOfAllTables(database, [])
  await vi.waitFor(async () => expect(await database.query('select id from event_default')).toEqual([]))
  expect(await database.query('select id from delivery_default')).toEqual([])
  expect(await database.query('select id from delivery_attempt_default')).toEqual([{ id: later.attempt }])
  expect((await untilVisible(backend, 1)).map(({ id }) => id)).toEqual([idFromUuid('att', later.attempt)])
})

const DeliveriesWithEventDocument = new TypedDocumentString<
  { deliveries: { nodes: { id: string; event: { id: string } | null }[] } },
  Record<string, never>
>('{ deliveries { nodes { id event { id } } } }')

type Item = FollowAttemptsSubscription['deliveryAttempts']

interface Setting extends AsyncDisposable {
  readonly backend: Backend
  readonly database: TestDatabase
  readonly organizationId: string
  readonly destinationId: `dst_${string}`
}

/** A process that keeps all, so that the days are there until another one comes. */
async function prepare() {
  const database = await createTestDatabase()
  const release = Promise.withResolvers<void>()
  let answer: (() => undefined) | undefined
  const receiver = await startReceiver(() =>
    answer ? (response) => void release.promise.then(() => response.end()) : 200,
  )
  const postrider = await startTestPostrider(KEEP_ALL, { database })
  const backend = await postrider.application()
  const { organizationId, id } = await backend.hook(receiver.url)
  return {
    backend,
    database,
    receiver,
    organizationId,
    destinationId: parseId('dst', id)!,
    set answer(value: () => undefined) {
      answer = value
    },
    letGo: () => release.resolve(),
    async [Symbol.asyncDispose]() {
      release.resolve()
      await postrider[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** The partitions of a day, as they were made at its time, with an event, its delivery and an attempt of it. */
async function seedDay(setting: Setting, daysAgo: number, { status = 'SUCCEEDED' } = {}) {
  const startMs = (Math.floor(Date.now() / DAY_MS) - daysAgo) * DAY_MS
  const day = new Date(startMs).toISOString().slice(0, 10).replaceAll('-', '')
  const range = `from ('${uuidFloor(startMs)}') to ('${uuidFloor(startMs + DAY_MS)}')`
  for (const table of TABLES) {
    await setting.database.query(`create table ${table}_${day} partition of ${table} for values ${range}`)
  }
  return seedRows(setting, startMs + DAY_MS / 2, { status })
}

async function seedRows({ backend, ...setting }: Setting, timeMs: number, { status = 'SUCCEEDED' } = {}) {
  const [event, delivery, attempt] = [
    uuidFloor<'evt'>(timeMs),
    uuidFloor<'dlv'>(timeMs + 1),
    uuidFloor<'att'>(timeMs + 2),
  ] as const
  const owner = [idToUuid(parseId('app', backend.applicationId)!), idToUuid(parseId('org', setting.organizationId)!)]
  const destination = idToUuid(setting.destinationId)
  const { query } = setting.database
  await query(
    `insert into event (id, application_id, organization_id, type, data, data_bytes, is_test)
     values ($3, $1, $2, 'a', '{}', 2, false)`,
    [...owner, event],
  )
  await query(
    `insert into delivery (id, application_id, organization_id, event_id, destination_id, event_type, status, trigger,
       attempt_count, max_attempts) values ($4, $1, $2, $3, $5, 'a', $6, 'EVENT', 1, 1)`,
    [...owner, event, delivery, destination, status],
  )
  await query(
    `insert into delivery_attempt (id, application_id, organization_id, delivery_id, destination_id, event_id, event_type,
       number, started_at, duration_ms, outcome, profile_version, feed_epoch)
     values ($6, $1, $2, $4, $5, $3, 'a', 1, now(), 1, 'SUCCESS', 1, (select epoch from feed_epoch))`,
    [...owner, event, delivery, destination, attempt],
  )
  return { event, delivery, attempt }
}

/** How many days ago the days were that a table still has, but for those that each start makes ahead. */
async function daysOf({ query }: TestDatabase, table: string): Promise<number[]> {
  const rows = await query<{ name: string }>(
    `select relname as name from pg_inherits join pg_class on oid = inhrelid where inhparent = $1::regclass order by 1`,
    [table],
  )
  const today = Math.floor(Date.now() / DAY_MS)
  return rows.flatMap(({ name }) => {
    const [, year, month, day] = /(\d{4})(\d\d)(\d\d)$/.exec(name) ?? []
    const daysAgo = today - Date.parse(`${year}-${month}-${day}`) / DAY_MS
    return daysAgo > 1 ? [daysAgo] : []
  })
}

async function daysOfAllTables(database: TestDatabase, days: readonly number[]): Promise<void> {
  for (const table of TABLES) {
    await vi.waitFor(async () => expect(await daysOf(database, table)).toEqual(days), { timeout: 30_000 })
  }
}

async function publishOne(backend: Backend, organizationId: string) {
  return (await backend.publish({ organizationId, type: 'a', data: {} })).deliveries[0]!
}

/** All attempts, with their cursors, once the feed shows `count` of them: it waits for older transactions. */
async function untilVisible(backend: Backend, count: number): Promise<{ id: string; cursor: string }[]> {
  return vi.waitFor(
    async () => {
      const { edges } = (await backend.send(DeliveryAttemptsDocument, {})).deliveryAttempts
      expect(edges).toHaveLength(count)
      return edges.map(({ node, cursor }) => ({ id: node.id, cursor }))
    },
    { timeout: 30_000 },
  )
}

async function attemptsIn(next: () => Promise<Item>, count: number): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) {
    const item = await next()
    if (item.__typename === 'DeliveryAttemptRecorded') ids.push(item.attempt.id)
  }
  return ids
}
