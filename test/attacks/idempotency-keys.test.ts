import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EventPublishDocument, EventsDocument, EventsPublishDocument } from '../../src/client/generated/documents.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'

// A key that is made of a customer's own numbers, such as "order-1", comes twice: it neither loses the second customer's event
// nor answers with the first one's.

let postrider: TestPostrider
let backend: Backend
let acme: string
let globex: string
beforeAll(async () => {
  postrider = await startTestPostrider()
  backend = await postrider.application()
  await backend.eventType('a')
  await backend.eventType('b')
  acme = await backend.organization('acme')
  globex = await backend.organization('globex')
})
afterAll(() => postrider[Symbol.asyncDispose]())

const conflict = {
  code: 'CONFLICT',
  message: 'was used within 24 h for an event of another type or with other data: give each event a key of its own',
}

describe('a key', () => {
  test('of two organizations stands for two events', async () => {
    const first = await publish({ organizationId: acme, data: { whose: 'acme' }, idempotencyKey: 'order-1' })
    const second = await publish({ organizationId: globex, data: { whose: 'globex' }, idempotencyKey: 'order-1' })
    expect(first).toMatchObject({ duplicate: false, event: { data: { whose: 'acme' } } })
    expect(second).toMatchObject({ duplicate: false, event: { data: { whose: 'globex' } }, userErrors: [] })
    expect(second.event!.id).not.toBe(first.event!.id)
  })

  test.each([
    ['other data', { data: { total: 2 } }],
    ['the same values in another order', { data: { unit: 'EUR', total: 1 } }],
    ['another type', { type: 'b' }],
  ])('with %s is a conflict, and nothing is stored', async (name, other) => {
    const idempotencyKey = `conflict ${name}`
    const data = { total: 1, unit: 'EUR' }
    const first = await publish({ organizationId: acme, data, idempotencyKey })
    const before = await eventCount()
    const second = await publish({ organizationId: acme, data, ...other, idempotencyKey })
    expect(second).toEqual({
      event: null,
      duplicate: false,
      userErrors: [expect.objectContaining({ ...conflict, path: ['input', 'idempotencyKey'] })],
    })
    expect(await eventCount()).toBe(before)
    // The first publish, repeated, is still itself.
    expect(await publish({ organizationId: acme, data, idempotencyKey })).toMatchObject({
      duplicate: true,
      event: { id: first.event!.id },
    })
  })

  test('with another time to deliver is the same event', async () => {
    const input = { organizationId: acme, data: {}, idempotencyKey: 'later' }
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()
    const first = await publish({ ...input, deliverAt: inHours(1) })
    const second = await publish({ ...input, deliverAt: inHours(2) })
    expect(second).toMatchObject({ duplicate: true, event: { id: first.event!.id } })
  })
})

describe('a call of which one key is a conflict', () => {
  test('stores none of its events, and claims none of its keys', async () => {
    await publish({ organizationId: acme, data: 'first', idempotencyKey: 'taken' })
    const before = await eventCount()
    const events = [
      { organizationId: acme, type: 'a', data: 'new', idempotencyKey: 'free' },
      { organizationId: acme, type: 'a', data: 'other', idempotencyKey: 'taken' },
    ]
    const { eventsPublish } = await backend.send(EventsPublishDocument, { input: { events } })
    expect(eventsPublish.results.map(({ event, userErrors }) => [event, userErrors.map(({ code }) => code)])).toEqual([
      [null, ['NOT_STORED']],
      [null, ['CONFLICT']],
    ])
    expect(eventsPublish.userErrors).toMatchObject([{ path: ['input', 'events', '1', 'idempotencyKey'] }])
    expect(await eventCount()).toBe(before)
    expect(await publish({ organizationId: acme, data: 'else', idempotencyKey: 'free' })).toMatchObject({
      duplicate: false,
      event: { data: 'else' },
    })
  })

  test('that has the same key twice with different data is refused', async () => {
    const events = ['x', 'y'].map((data) => ({ organizationId: acme, type: 'a', data, idempotencyKey: 'twice' }))
    const { eventsPublish } = await backend.send(EventsPublishDocument, { input: { events } })
    expect(eventsPublish.userErrors).toMatchObject([
      { code: 'CONFLICT', path: ['input', 'events', '1', 'idempotencyKey'] },
    ])
    expect(await publish({ organizationId: acme, data: 'y', idempotencyKey: 'twice' })).toMatchObject({
      duplicate: false,
    })
  })

  test('leaves calls of the same moment alone', async () => {
    await publish({ organizationId: acme, data: 'first', idempotencyKey: 'busy' })
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        publish({ organizationId: acme, data: n, idempotencyKey: n % 4 === 0 ? 'busy' : `busy ${n}` }),
      ),
    )
    const codes = results.map(({ event, userErrors }) => (event ? 'stored' : userErrors[0]!.code))
    expect(codes).toEqual(results.map((_, n) => (n % 4 === 0 ? 'CONFLICT' : 'stored')))
    expect(results.some(({ duplicate }) => duplicate)).toBe(false)
  })
})

describe('by SQL', () => {
  test('it is the same: a key for each organization, and a conflict for another event', async () => {
    const client = new pg.Client({ connectionString: postrider.database.url })
    await client.connect()
    try {
      const call = async (organization: string, data: string, type = 'a', key = 'sql-1') => {
        const values = [backend.applicationId, organization, type, data, key]
        const { rows } = await client.query('select postrider.publish($1, $2, $3, $4, $5) as id', values)
        return rows[0].id as string
      }
      const first = await call('acme', '{"total": 99.50, "id": 12345678901234567890}')
      const second = await call('globex', '{"total":1}')
      expect(second).not.toBe(first)
      await takenOver()
      // The comparison takes the data as published: stored data may write its numbers differently.
      expect(await call('acme', '{ "total":99.50,\n"id":12345678901234567890 }')).toBe(first)
      for (const [data, type] of [
        ['{"total":98.50}', 'a'] as const,
        ['{"total": 99.50, "id": 12345678901234567890}', 'b'] as const,
      ])
        await expect(call('acme', data, type)).rejects.toMatchObject({
          code: 'PR007',
          message: `idempotency_key: ${conflict.message}`,
        })
      const byApi = await publish({ organizationId: acme, data: 'ä "b"', idempotencyKey: 'sql-2' })
      expect(await call('acme', '"ä \\"b\\""', 'a', 'sql-2')).toBe(byApi.event!.id)
    } finally {
      await client.end()
    }
  })
})

type Input = { organizationId: string; type?: string; data: unknown; idempotencyKey: string; deliverAt?: string }

async function publish(input: Input) {
  const { eventPublish } = await backend.send(EventPublishDocument, { input: { type: 'a', ...input } })
  return eventPublish
}

async function eventCount(): Promise<number> {
  return (await backend.send(EventsDocument, {})).events.count.value
}

/** Until a worker has taken it over from the outbox, and stored its numbers as they are sent. */
async function takenOver(): Promise<void> {
  for (;;) {
    const rows = await postrider.database.query(
      `select from event where data = '{"total":99.5,"id":12345678901234567000}'`,
    )
    if (rows.length > 0) return
    await postrider.database.query('select pg_sleep(0.01)')
  }
}
