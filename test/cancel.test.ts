import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DeliveryCancelDocument, DeliveryDocument } from '../src/client/generated/documents.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'
import { until } from './support/until.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('a delivery that waits for its retry is taken back, and nothing of it is left to do', async () => {
  await using receiver = await startReceiver(() => 500)
  const backend = await postrider.application({ retryDelays: [3_600] })
  const { organizationId } = await backend.hook(receiver.url)
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  const { id } = deliveries[0]!
  await untilAttempts(backend, id, 1)
  const { deliveryCancel } = await backend.send(DeliveryCancelDocument, { input: { id } })
  expect(deliveryCancel.delivery).toMatchObject({ status: 'CANCELLED', attemptCount: 1, nextAttemptAt: null })
  expect(deliveryCancel.delivery!.finishedAt).not.toBeNull()
  expect(await postrider.database.query('select 1 from waiting_delivery')).toEqual([])
  expect(await postrider.database.query('select 1 from pgboss.job')).toEqual([])

  const again = await backend.send(DeliveryCancelDocument, { input: { id } })
  expect(again.deliveryCancel.userErrors).toMatchObject([{ code: 'CONFLICT', path: ['input', 'id'] }])
  expect(receiver.requests).toHaveLength(1)
})

test('an attempt that is under way is recorded, and none follows', async () => {
  const held: ServerResponse[] = []
  await using receiver = await startReceiver(() => (response) => void held.push(response))
  const backend = await postrider.application({ retryDelays: [0] })
  const { organizationId } = await backend.hook(receiver.url)
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  const { id } = deliveries[0]!
  await receiver.request(1)
  const { deliveryCancel } = await backend.send(DeliveryCancelDocument, { input: { id } })
  expect(deliveryCancel.delivery).toMatchObject({ status: 'CANCELLED', attemptCount: 0 })
  held[0]!.writeHead(500).end()
  await untilAttempts(backend, id, 1)
  const { delivery } = await backend.send(DeliveryDocument, { id })
  expect(delivery).toMatchObject({ status: 'CANCELLED', lastAttempt: { outcome: 'RETRYABLE_FAILURE' } })
  expect(await postrider.database.query('select 1 from waiting_delivery')).toEqual([])
  expect(receiver.requests).toHaveLength(1)
})

test('a FIFO line goes on when its first is taken back', async () => {
  await using receiver = await startReceiver((request) => (JSON.parse(request.body).data.n === 0 ? 500 : 200))
  const backend = await postrider.application({ retryDelays: [3_600] })
  await backend.eventType('a')
  const organizationId = await backend.organization()
  await backend.destination({ organizationId, url: receiver.url, ordering: 'FIFO' })
  const first = await backend.publish({ organizationId, type: 'a', data: { n: 0 } })
  const second = await backend.publish({ organizationId, type: 'a', data: { n: 1 } })
  await untilAttempts(backend, first.deliveries[0]!.id, 1)
  expect(receiver.requests).toHaveLength(1)
  await backend.send(DeliveryCancelDocument, { input: { id: first.deliveries[0]!.id } })
  expect(await backend.finished(second.deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED' })
})

test("what is not there, or another application's, is NOT_FOUND", async () => {
  await using receiver = await startReceiver(() => 500)
  const backend = await postrider.application({ retryDelays: [3_600] })
  const { organizationId } = await backend.hook(receiver.url)
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  const stranger = await postrider.application()
  for (const id of [deliveries[0]!.id, 'dlv_01h455vb4pex5vsknk084sn02q', 'nonsense']) {
    const { deliveryCancel } = await stranger.send(DeliveryCancelDocument, { input: { id } })
    expect(deliveryCancel).toMatchObject({ delivery: null, userErrors: [{ code: 'NOT_FOUND', path: ['input', 'id'] }] })
  }
})

async function untilAttempts(backend: Backend, id: string, count: number): Promise<void> {
  await until(async () => (await backend.send(DeliveryDocument, { id })).delivery!.attemptCount >= count)
}
