import { expect, test, vi } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Backend, startTestPostrider } from '../support/postrider.ts'
import { startReceiver } from '../support/receiver.ts'

// Events that were published by SQL, and whose data takes long to check.

test('one application’s wait for their own kind only: another one’s go first, and each one’s stay in order', async () => {
  await using database = await createTestDatabase()
  await using receiver = await startReceiver()
  await using postrider = await startTestPostrider({}, { database })
  const [slow, heavy, victim] = [
    await postrider.application(),
    await postrider.application(),
    await postrider.application(),
  ]
  const slowId = await organizationWith(slow, { type: 'array', uniqueItems: true })
  const rules = Array.from({ length: 60 }, (_, n) => ({ maximum: n }))
  const heavyId = await organizationWith(heavy, { type: 'array', items: { allOf: rules } })
  await heavy.eventType('light')
  await heavy.destination({ organizationId: heavyId, url: receiver.url, ordering: 'FIFO' })
  const { organizationId: victimId } = await victim.hook(receiver.url)

  const values = Array.from({ length: 12_000 }, (_, n) => ({ a: { b: n } }))
  await publish(database, slow, { organizationId: slowId, type: 'slow', data: values, times: 60 })
  const sent = [
    ...(await publish(database, heavy, {
      organizationId: heavyId,
      type: 'slow',
      data: Array(6_000).fill(0),
      times: 2,
    })),
    ...(await publish(database, heavy, { organizationId: heavyId, type: 'light', data: {}, times: 1 })),
  ]
  const [other] = await publish(database, victim, { organizationId: victimId, type: 'a', data: {}, times: 1 })

  await receiver.request(4)
  const heard = receiver.requests.map(({ headers }) => String(headers['webhook-id']))
  expect(heard[0]).toBe(other)
  expect(heard.slice(1)).toEqual(sent)
  expect((await database.query('select from outbox')).length).toBeGreaterThan(0)

  await vi.waitUntil(async () => (await database.query('select from outbox')).length === 0, { timeout: 60_000 })
  const { events } = await slow.send(documents.EventsDocument, { first: 100, filter: { status: 'REJECTED' } })
  expect(events.nodes).toHaveLength(60)
  expect(receiver.requests).toHaveLength(4)
})

async function organizationWith(backend: Backend, payloadSchema: object): Promise<string> {
  await backend.eventType('slow', { payloadSchema } as never)
  return backend.organization()
}

interface Published {
  readonly organizationId: string
  readonly type: string
  readonly data: unknown
  readonly times: number
}

async function publish(database: TestDatabase, backend: Backend, what: Published): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `select postrider.publish($1, $2, $3, $4::json) as id from generate_series(1, $5)`,
    [backend.applicationId, what.organizationId, what.type, JSON.stringify(what.data), what.times],
  )
  return rows.map(({ id }) => id)
}
