import { afterAll, beforeAll, expect, test } from 'vitest'
import { DestinationDisableDocument, EventReplayDocument } from '../src/client/generated/documents.ts'
import { startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('an event goes again to all that subscribe to it now, with the same webhook-id', async () => {
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId, id: first } = await backend.hook(receiver.url)
  await backend.eventType('b')
  const event = await backend.publish({ organizationId, type: 'a', data: { n: 1 } })
  await backend.finished(event.deliveries[0]!.id)
  const { id: second } = await backend.destination({ organizationId, url: receiver.url })
  await backend.destination({ organizationId, url: receiver.url, eventTypes: ['b'] })

  const { eventReplay } = await backend.send(EventReplayDocument, { input: { id: event.id } })
  expect(eventReplay.deliveries.map((delivery) => delivery.destinationId).toSorted()).toEqual(
    [first, second].toSorted(),
  )
  expect(eventReplay.deliveries).toMatchObject([{ trigger: 'REPLAY' }, { trigger: 'REPLAY' }])
  for (const { id } of eventReplay.deliveries) {
    expect(await backend.finished(id)).toMatchObject({ status: 'SUCCEEDED', attemptCount: 1 })
  }
  const ids = receiver.requests.map((request) => request.headers['webhook-id'])
  expect(ids).toEqual([event.id, event.id, event.id])
})

test('destinations that are named get it, subscribed or not; one that is off gets a SKIPPED delivery', async () => {
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId, id } = await backend.hook(receiver.url)
  await backend.eventType('b')
  const { id: other } = await backend.destination({ organizationId, url: receiver.url, eventTypes: ['b'] })
  const event = await backend.publish({ organizationId, type: 'a', data: {} })
  await backend.finished(event.deliveries[0]!.id)
  await backend.send(DestinationDisableDocument, { input: { id } })
  const { eventReplay } = await backend.send(EventReplayDocument, {
    input: { id: event.id, destinationIds: [other, id] },
  })
  expect(eventReplay.deliveries).toMatchObject([
    { destinationId: other, skipReason: null },
    { destinationId: id, status: 'SKIPPED', skipReason: 'INACTIVE' },
  ])
  expect(await backend.finished(eventReplay.deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED' })
})

test('what cannot be replayed is refused, and the place is named', async () => {
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId, id } = await backend.hook(receiver.url)
  const event = await backend.publish({ organizationId, type: 'a', data: {} })
  const elsewhere = await backend.organization('elsewhere')
  const { id: foreign } = await backend.destination({ organizationId: elsewhere, url: receiver.url })
  const stranger = await postrider.application()
  const refused = async (input: { id: string; destinationIds?: string[] }, by = backend) =>
    (await by.send(EventReplayDocument, { input })).eventReplay
  expect(await refused({ id: event.id }, stranger)).toMatchObject({
    deliveries: [],
    userErrors: [{ code: 'NOT_FOUND', path: ['input', 'id'] }],
  })
  expect(await refused({ id: event.id, destinationIds: [] })).toMatchObject({
    userErrors: [{ code: 'REQUIRED', path: ['input', 'destinationIds'] }],
  })
  expect(await refused({ id: event.id, destinationIds: [id, foreign] })).toMatchObject({
    deliveries: [],
    userErrors: [{ code: 'NOT_FOUND', path: ['input', 'destinationIds', '1'] }],
  })
  await postrider.database.query('update event set data = null where application_id = $1', [
    (
      await postrider.database.query<{ id: string }>('select application_id as id from event order by id desc limit 1')
    )[0]!.id,
  ])
  expect(await refused({ id: event.id })).toMatchObject({ userErrors: [{ code: 'NOT_RETRYABLE' }] })
})
