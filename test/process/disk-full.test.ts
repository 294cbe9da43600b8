import { expect, test, vi } from 'vitest'
import { EventPublishDocument, EventsPublishDocument } from '../../src/client/generated/documents.ts'
import type { TestDatabase } from '../support/database.ts'
import { startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { startReceiver } from '../support/receiver.ts'

/** As many as a destination gets before its first answer. */
const IN_FLIGHT = 4

// Postgres itself goes on: each of these makes it answer as it does with a full disk, or as a standby.
const troubles = {
  'a full disk': {
    reason: "The database's disk is full",
    async begin({ query }: TestDatabase) {
      await query(
        `create function no_space() returns trigger language plpgsql as $$ begin
           raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$`,
      )
      await query('create trigger no_space before insert on event for each row execute function no_space()')
      await query('create trigger no_space before insert on delivery_attempt for each row execute function no_space()')
    },
    async end({ query }: TestDatabase) {
      await query('drop function no_space cascade')
    },
  },
  'a database that turned read-only': {
    reason: 'The database is read-only',
    async begin(database: TestDatabase) {
      await database.query(`alter database ${nameOf(database)} set default_transaction_read_only = on`)
      await cutOthers(database)
    },
    async end(database: TestDatabase) {
      // Our own connection may be one that was opened meanwhile.
      await database.query('set default_transaction_read_only = off')
      await database.query(`alter database ${nameOf(database)} reset default_transaction_read_only`)
    },
  },
}

test.each(Object.entries(troubles))(
  'with %s publishes fail retryably; what was in flight is settled afterwards, once',
  async (_, trouble) => {
    await using postrider = await startTestPostrider()
    const { database } = postrider
    const letGo = Promise.withResolvers<void>()
    await using receiver = await startReceiver(() => (response) => void letGo.promise.then(() => response.end()))
    const backend = await postrider.application()
    const { organizationId } = await backend.hook(receiver.url)
    const input = { organizationId, type: 'a', data: {} }
    await backend.send(EventsPublishDocument, { input: { events: Array.from({ length: IN_FLIGHT }, () => input) } })
    await receiver.request(IN_FLIGHT)

    await trouble.begin(database)
    letGo.resolve()
    const refused = backend.send(EventPublishDocument, { input })
    await expect(refused).rejects.toMatchObject({ codes: ['UNAVAILABLE'] })
    await becomes(postrider, 503, trouble.reason)
    expect(await statesOf(database)).toEqual([{ status: 'PENDING', attempts: 0, count: IN_FLIGHT }])

    await trouble.end(database)
    await becomes(postrider, 200)
    const { deliveries } = await vi.waitFor(() => backend.publish(input), { timeout: 30_000 })
    await backend.finished(deliveries[0]!.id)
    await vi.waitFor(async () =>
      expect(await statesOf(database)).toEqual([{ status: 'SUCCEEDED', attempts: 1, count: IN_FLIGHT + 1 }]),
    )
    expect(receiver.requests).toHaveLength(IN_FLIGHT + 1)
    expect(await database.query('select number, count(*)::int as count from delivery_attempt group by 1')).toEqual([
      { number: 1, count: IN_FLIGHT + 1 },
    ])
    expect(await database.query('select id from pgboss.job')).toEqual([])
    expect(await database.query('select count(*)::int as count from event')).toEqual([{ count: IN_FLIGHT + 1 }])
  },
  30_000,
)

test('a worker that cannot write takes no more than it can hold, and sends nothing twice', async () => {
  await using postrider = await startTestPostrider({ POSTRIDER_CONCURRENCY: '4' })
  const { database } = postrider
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  await database.query(
    `create function no_space() returns trigger language plpgsql as $$ begin
       raise exception 'could not extend file' using errcode = 'disk_full'; end $$`,
  )
  await database.query(
    'create trigger no_space before insert on delivery_attempt for each row execute function no_space()',
  )
  const events = Array.from({ length: 20 }, () => ({ organizationId, type: 'a', data: {} }))
  await backend.send(EventsPublishDocument, { input: { events } })
  await receiver.request(4)
  await becomes(postrider, 503, "The database's disk is full")
  expect(receiver.requests).toHaveLength(4)
  await database.query('drop function no_space cascade')
  await vi.waitFor(
    async () => expect(await statesOf(database)).toEqual([{ status: 'SUCCEEDED', attempts: 1, count: 20 }]),
    { timeout: 30_000 },
  )
  expect(new Set(receiver.requests.map((request) => request.headers['webhook-id'])).size).toBe(20)
  expect(receiver.requests).toHaveLength(20)
})

test('connections that were opened while the database was read-only are not kept: the next publish is taken', async () => {
  await using postrider = await startTestPostrider({}, { role: 'api' })
  const { database } = postrider
  const backend = await postrider.application()
  const { organizationId } = await backend.hook('http://127.0.0.1:9/')
  const input = { organizationId, type: 'a', data: {} }
  const { begin, end } = troubles['a database that turned read-only']
  await begin(database)
  await expect(backend.send(EventPublishDocument, { input })).rejects.toMatchObject({ codes: ['UNAVAILABLE'] })
  await expect(backend.send(EventPublishDocument, { input })).rejects.toMatchObject({ codes: ['UNAVAILABLE'] })
  await end(database)
  await backend.publish(input)
  await becomes(postrider, 200)
})

async function becomes({ url }: TestPostrider, status: number, reason?: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const response = await fetch(`${url}/readyz`)
      expect({ status: response.status, reason: ((await response.json()) as { reason?: string }).reason }).toEqual({
        status,
        reason,
      })
    },
    { timeout: 30_000, interval: 50 },
  )
}

function statesOf({ query }: TestDatabase) {
  return query('select status, attempt_count as attempts, count(*)::int as count from delivery group by 1, 2')
}

function nameOf({ url }: TestDatabase): string {
  return new URL(url).pathname.slice(1)
}

async function cutOthers({ query }: TestDatabase): Promise<void> {
  await query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name like 'postrider%'`,
  )
}
