import { afterAll, beforeAll, expect, test } from 'vitest'
import { EventPublishDocument, EventsDocument, EventsPublishDocument } from '../src/client/generated/documents.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('the same key again answers with the first event', async () => {
  const { backend, input } = await prepare()
  const first = await backend.send(EventPublishDocument, { input: { ...input, idempotencyKey: 'k', data: 1 } })
  const second = await backend.send(EventPublishDocument, { input: { ...input, idempotencyKey: 'k', data: 1 } })
  expect(first.eventPublish).toMatchObject({ duplicate: false, event: { data: 1, idempotencyKey: 'k' } })
  expect(second.eventPublish).toMatchObject({ duplicate: true, event: { id: first.eventPublish.event!.id, data: 1 } })
  expect(await eventCount(backend)).toBe(1)
})

test('concurrent publishes of one key make one event', async () => {
  const { backend, input } = await prepare()
  const publishes = Array.from({ length: 40 }, () =>
    backend.send(EventPublishDocument, { input: { ...input, idempotencyKey: 'same' } }),
  )
  const results = (await Promise.all(publishes)).map((result) => result.eventPublish)
  expect(new Set(results.map((result) => result.event!.id)).size).toBe(1)
  expect(results.filter((result) => !result.duplicate)).toHaveLength(1)
  expect(await eventCount(backend)).toBe(1)
})

test('one key twice in one call makes one event', async () => {
  const { backend, input } = await prepare()
  const events = ['x', 'y', 'x'].map((idempotencyKey) => ({ ...input, idempotencyKey }))
  const { eventsPublish } = await backend.send(EventsPublishDocument, { input: { events } })
  expect(eventsPublish.results.map((result) => result.duplicate)).toEqual([false, false, true])
  expect(eventsPublish.results[2]!.event!.id).toBe(eventsPublish.results[0]!.event!.id)
  expect(await eventCount(backend)).toBe(2)
})

test('a refused publish leaves its key free', async () => {
  const { backend, input } = await prepare()
  const refused = { ...input, type: 'unknown', idempotencyKey: 'k' }
  expect((await backend.send(EventPublishDocument, { input: refused })).eventPublish.event).toBeNull()
  const { eventPublish } = await backend.send(EventPublishDocument, { input: { ...input, idempotencyKey: 'k' } })
  expect(eventPublish.duplicate).toBe(false)
})

test('a key is free again after 24 hours', async () => {
  const { backend, input } = await prepare()
  const publish = async () =>
    (await backend.send(EventPublishDocument, { input: { ...input, idempotencyKey: 'daily' } })).eventPublish
  const first = await publish()
  await postrider.database.query(
    "update idempotency_key set created_at = now() - interval '24 hours 1 second' where key = 'daily'",
  )
  const second = await publish()
  expect(second.duplicate).toBe(false)
  expect(second.event!.id).not.toBe(first.event!.id)
  expect((await publish()).event!.id).toBe(second.event!.id)
})

test('two applications use the same key without noticing each other', async () => {
  const one = await prepare()
  const two = await prepare()
  for (const { backend, input } of [one, two]) {
    const { eventPublish } = await backend.send(EventPublishDocument, { input: { ...input, idempotencyKey: 'shared' } })
    expect(eventPublish.duplicate).toBe(false)
  }
})

async function prepare() {
  const backend = await postrider.application()
  await backend.eventType('a')
  const organizationId = await backend.organization()
  return { backend, input: { organizationId, type: 'a', data: {} as unknown } }
}

async function eventCount(backend: Backend): Promise<number> {
  return (await backend.send(EventsDocument, {})).events.count.value
}
