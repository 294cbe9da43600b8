import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DeliveryDocument, DeliveryRetryDocument } from '../src/client/generated/documents.ts'
import { parseRetryAfterMs } from '../src/domain/outcome.ts'
import { retryDelayMs } from '../src/domain/retry-schedule.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { until } from './support/until.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('each delay is that of the schedule, spread by the jitter, and the schedule ends', () => {
  const question = { delaysS: [5, 300], jitter: 0.2, random: 0.5 }
  expect(retryDelayMs({ ...question, attemptNumber: 1 })).toBe(5_000)
  expect(retryDelayMs({ ...question, attemptNumber: 2 })).toBe(300_000)
  expect(retryDelayMs({ ...question, attemptNumber: 3 })).toBeUndefined()
  expect(retryDelayMs({ ...question, attemptNumber: 1, random: 0 })).toBe(4_000)
  expect(retryDelayMs({ ...question, attemptNumber: 1, random: 0.999999 })).toBe(6_000)
  expect(retryDelayMs({ ...question, attemptNumber: 1, jitter: 0, random: 0 })).toBe(5_000)
})

test('Retry-After raises a delay to at most a day, and never lowers it', () => {
  const question = { delaysS: [60], jitter: 0, random: 0, attemptNumber: 1 }
  expect(retryDelayMs({ ...question, retryAfterMs: 90_000 })).toBe(90_000)
  expect(retryDelayMs({ ...question, retryAfterMs: 1_000 })).toBe(60_000)
  expect(retryDelayMs({ ...question, retryAfterMs: 1e12 })).toBe(86_400_000)
})

test('Retry-After is read as seconds and as a date', () => {
  const now = new Date('2026-11-21T10:00:00Z')
  expect(parseRetryAfterMs('120', now)).toBe(120_000)
  expect(parseRetryAfterMs('Sat, 21 Nov 2026 10:01:00 GMT', now)).toBe(60_000)
  expect(parseRetryAfterMs('Sat, 21 Nov 2026 09:00:00 GMT', now)).toBe(0)
  expect(parseRetryAfterMs('soon', now)).toBeUndefined()
})

test('a failed delivery is tried again on the schedule, with the same id and a fresh signature', async () => {
  await using receiver = await startReceiver((_, n) => (n < 3 ? 500 : 200))
  const { backend, deliveryId, secret } = await publishOne(receiver, { retryDelays: [0, 1, 3_600], retryJitter: 0 })

  const delivery = await backend.finished(deliveryId)

  expect(delivery).toMatchObject({ status: 'SUCCEEDED', attemptCount: 3, maxAttempts: 4, nextAttemptAt: null })
  const [first, second, third] = receiver.requests
  for (const request of receiver.requests) {
    new Webhook(secret).verify(request.body, request.headers as Record<string, string>)
    expect(request.headers['webhook-id']).toBe(first!.headers['webhook-id'])
    expect(request.body).toBe(first!.body)
  }
  expect(third!.headers['webhook-timestamp']).not.toBe(second!.headers['webhook-timestamp'])
  expect(third!.headers['webhook-signature']).not.toBe(second!.headers['webhook-signature'])
  const attempts = (await backend.send(DeliveryDocument, { id: deliveryId })).delivery!.attempts.nodes
  expect(attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
    [3, 'SUCCESS'],
    [2, 'RETRYABLE_FAILURE'],
    [1, 'RETRYABLE_FAILURE'],
  ])
  const [, afterSecond] = attempts
  const endedAt = Date.parse(afterSecond!.startedAt) + afterSecond!.durationMs
  // Durations are rounded.
  expect(Date.parse(afterSecond!.retryAt!) - endedAt).toBeGreaterThanOrEqual(999)
  // Due times count from the beginning of the transaction that settles, which is busy for a while on a busy machine.
  expect(Date.parse(attempts[0]!.startedAt) - Date.parse(afterSecond!.startedAt)).toBeGreaterThan(500)
})

test('a delivery whose schedule is used up has failed', async () => {
  await using receiver = await startReceiver(() => 500)
  const { backend, deliveryId } = await publishOne(receiver, { retryDelays: [0] })
  expect(await backend.finished(deliveryId)).toMatchObject({ status: 'FAILED', attemptCount: 2, nextAttemptAt: null })
  expect(receiver.requests).toHaveLength(2)
})

test('a redirect is a failure and is not followed', async () => {
  await using inside = await startReceiver()
  await using receiver = await startReceiver(() => (response) => {
    response.writeHead(307, { location: inside.url }).end()
  })
  const { backend, deliveryId } = await publishOne(receiver, { retryDelays: [] })
  expect(await backend.finished(deliveryId)).toMatchObject({ status: 'FAILED' })
  expect(inside.requests).toHaveLength(0)
})

test('nobody listening is a failed attempt that says so', async () => {
  const receiver = await startReceiver()
  await receiver[Symbol.asyncDispose]()
  const { backend, deliveryId } = await publishOne(receiver, { retryDelays: [] })
  await backend.finished(deliveryId)
  const { delivery } = await backend.send(DeliveryDocument, { id: deliveryId })
  expect(delivery!.lastAttempt).toMatchObject({
    failureKind: 'CONNECTION',
    errorMessage: 'Connection refused',
    response: null,
  })
})

test('a receiver that does not answer in time is a timeout', async () => {
  await using receiver = await startReceiver(() => () => undefined)
  const { backend, deliveryId } = await publishOne(receiver, { retryDelays: [], timeoutMs: 1_000 })
  await backend.finished(deliveryId)
  const { delivery } = await backend.send(DeliveryDocument, { id: deliveryId })
  expect(delivery!.lastAttempt).toMatchObject({ failureKind: 'TIMEOUT', outcome: 'RETRYABLE_FAILURE' })
  expect(delivery!.lastAttempt!.durationMs).toBeGreaterThanOrEqual(990)
})

test('retrying a finished delivery makes a new one; retrying a pending one makes it due now', async () => {
  await using receiver = await startReceiver((_, n) => (n === 1 ? 500 : 200))
  const { backend, deliveryId } = await publishOne(receiver, { retryDelays: [3_600] })
  await receiver.request(1)

  const hastened = await retryOnceTried(backend, deliveryId)
  expect(hastened.deliveryRetry.delivery).toMatchObject({ id: deliveryId, trigger: 'EVENT' })
  expect(await backend.finished(deliveryId)).toMatchObject({ status: 'SUCCEEDED', attemptCount: 2 })

  const again = await backend.send(DeliveryRetryDocument, { input: { id: deliveryId } })
  const repeated = again.deliveryRetry.delivery!
  expect(repeated).toMatchObject({ trigger: 'RETRY', status: 'PENDING', attemptCount: 0 })
  expect(repeated.id).not.toBe(deliveryId)
  expect(await backend.finished(repeated.id)).toMatchObject({ status: 'SUCCEEDED' })
  expect(receiver.requests[2]!.headers['webhook-id']).toBe(receiver.requests[0]!.headers['webhook-id'])
})

async function publishOne(
  receiver: Receiver,
  profile: Parameters<TestPostrider['application']>[0],
): Promise<{ backend: Backend; deliveryId: string; secret: string }> {
  const backend = await postrider.application(profile)
  const { organizationId, secret } = await backend.hook(receiver.url)
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  return { backend, deliveryId: deliveries[0]!.id, secret }
}

/** The receiver has the request before the attempt is settled: a retry in between would be too early. */
async function retryOnceTried(backend: Backend, id: string) {
  await until(async () => (await backend.send(DeliveryDocument, { id })).delivery!.attemptCount === 1)
  return backend.send(DeliveryRetryDocument, { input: { id } })
}
