import { expect, test } from 'vitest'
import { EventPublishDocument, EventsPublishDocument } from '../src/client/generated/documents.ts'
import { createTestDatabase } from './support/database.ts'
import { openTestStore } from './support/open-store.ts'
import { startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

test('a publish that cannot store its jobs, or cannot commit, leaves no event, no delivery, no key and no job', async () => {
  await using postrider = await startTestPostrider()
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  const input = { organizationId, type: 'a', data: {}, idempotencyKey: 'k' }
  const { query } = postrider.database
  await query(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not today'; end $$`,
  )
  const failures = [
    ['pgboss.job_common', 'create trigger refuse before insert on pgboss.job_common'],
    // Fires at the commit, when everything has been written.
    [
      'idempotency_key',
      'create constraint trigger refuse after insert on idempotency_key deferrable initially deferred',
    ],
  ]
  for (const [table, trigger] of failures) {
    await query(`${trigger} for each row execute function refuse()`)
    await expect(backend.send(EventPublishDocument, { input })).rejects.toMatchObject({ codes: ['INTERNAL'] })
    expect(await rows(postrider)).toEqual({ events: 0, deliveries: 0, keys: 0, jobs: 0 })
    await query(`drop trigger refuse on ${table}`)
  }
  const { eventPublish } = await backend.send(EventPublishDocument, { input })
  expect(eventPublish).toMatchObject({ duplicate: false, userErrors: [] })
  await receiver.request(1)
})

test('connections that die between two statements fail their requests, and are replaced', async () => {
  await using database = await createTestDatabase()
  await using store = await openTestStore(database)
  // More than the pool has.
  for (let n = 0; n < 6; n += 1) {
    const em = store.em()
    await em.begin()
    const [own] = await em.execute<{ pid: number }[]>('select pg_backend_pid() as pid')
    await database.query('select pg_terminate_backend($1, 5000)', [own!.pid])
    await expect(em.execute('select 1')).rejects.toThrow()
    await expect(em.rollback()).rejects.toThrow()
  }
  expect(await store.em().execute('select 1 as one')).toEqual([{ one: 1 }])
})

test('a call of a thousand events is stored whole, and each is delivered once', async () => {
  await using postrider = await startTestPostrider()
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  const events = Array.from({ length: 1_000 }, (_, n) => ({ organizationId, type: 'a', data: { n } }))
  const { eventsPublish } = await backend.send(EventsPublishDocument, { input: { events } })
  expect(eventsPublish.userErrors).toEqual([])
  await receiver.request(1_000)
  const ids = receiver.requests.map((request) => request.headers['webhook-id'])
  expect(new Set(ids)).toEqual(new Set(eventsPublish.results.map((result) => result.event!.id)))
})

async function rows({ database }: TestPostrider): Promise<unknown> {
  const [counts] = await database.query(
    `select (select count(*)::int from event) as events, (select count(*)::int from delivery) as deliveries,
       (select count(*)::int from idempotency_key) as keys, (select count(*)::int from pgboss.job) as jobs`,
  )
  return counts
}
