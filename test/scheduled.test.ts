import { expect, test } from 'vitest'
import {
  DeliveryRetryDocument,
  EventPublishDocument,
  EventsPublishDocument,
} from '../src/client/generated/documents.ts'
import { createTestDatabase } from './support/database.ts'
import { startTestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

test.concurrent('an event is delivered when its time has come, and not before, also after a restart', async () => {
  await using database = await createTestDatabase()
  const times: number[] = []
  await using receiver = await startReceiver(() => times.push(Date.now()) && 200)
  let deliverAt: Date
  {
    await using first = await startTestPostrider({}, { database })
    const backend = await first.application()
    const { organizationId } = await backend.hook(receiver.url)
    deliverAt = new Date(Date.now() + 3_000)
    const at = deliverAt.toISOString()
    const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {}, deliverAt: at })
    expect(deliveries).toMatchObject([{ status: 'PENDING', attemptCount: 0, nextAttemptAt: at }])
  }
  await using _second = await startTestPostrider({}, { database })
  await receiver.request(1)
  expect(times[0]).toBeGreaterThanOrEqual(deliverAt.getTime())
})

test.concurrent('one that a person sends earlier goes out at once, and one of the past too', async () => {
  await using postrider = await startTestPostrider()
  await using receiver = await startReceiver()
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  const late = new Date(Date.now() + 3_600_000).toISOString()
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {}, deliverAt: late })
  await backend.send(DeliveryRetryDocument, { input: { id: deliveries[0]!.id } })
  expect(await backend.finished(deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED' })
  const past = await backend.publish({ organizationId, type: 'a', data: {}, deliverAt: '2020-01-01T00:00:00.000Z' })
  expect(await backend.finished(past.deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED' })
})

test.concurrent('more than thirty days ahead is refused, and the field is named', async () => {
  await using postrider = await startTestPostrider()
  const backend = await postrider.application()
  const { organizationId } = await backend.hook('http://127.0.0.1:9/')
  const deliverAt = new Date(Date.now() + 31 * 86_400_000).toISOString()
  const input = { organizationId, type: 'a', data: {}, deliverAt }
  const { eventPublish } = await backend.send(EventPublishDocument, { input })
  expect(eventPublish).toMatchObject({ event: null, userErrors: [{ code: 'INVALID', path: ['input', 'deliverAt'] }] })
  const { eventsPublish } = await backend.send(EventsPublishDocument, { input: { events: [input] } })
  expect(eventsPublish.userErrors).toMatchObject([{ code: 'INVALID', path: ['input', 'events', '0', 'deliverAt'] }])
})
