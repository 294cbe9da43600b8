import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  DestinationDisableDocument,
  DestinationDocument,
  DestinationEnableDocument,
  DestinationTestDocument,
} from '../src/client/generated/documents.ts'
import { defaultDeliveryProfile } from '../src/domain/delivery-profile.ts'
import { type HealthState, nextHealth } from '../src/domain/health.ts'
import { startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('three failures in a row are FAILING, and one success is HEALTHY again', async () => {
  let status = 500
  await using setting = await prepare(() => status)
  for (let n = 1; n <= 3; n += 1) await setting.deliver()
  expect(await setting.destination()).toMatchObject({ health: 'FAILING', consecutiveFailures: 3, active: true })
  status = 200
  const before = Date.now()
  await setting.deliver()
  const healthy = await setting.destination()
  expect(healthy).toMatchObject({ health: 'HEALTHY', consecutiveFailures: 0, disabledReason: null })
  expect(Date.parse(healthy.lastSuccessAt!)).toBeGreaterThanOrEqual(before)
})

test('410 disables, pending and later events do not go out, and enabling starts afresh', async () => {
  let status = 410
  await using setting = await prepare(() => status)
  expect(await setting.deliver()).toMatchObject({ status: 'FAILED' })
  expect(await setting.destination()).toMatchObject({ health: 'DISABLED', disabledReason: 'GONE', active: true })
  const { deliveries } = await setting.publish()
  expect(deliveries).toMatchObject([{ status: 'SKIPPED', skipReason: 'DISABLED' }])

  status = 200
  await setting.backend.send(DestinationEnableDocument, { input: { id: setting.id } })
  expect(await setting.destination()).toMatchObject({ health: 'HEALTHY', disabledReason: null, consecutiveFailures: 0 })
  expect(await setting.deliver()).toMatchObject({ status: 'SUCCEEDED' })
})

test('a pending delivery of a destination that is switched off is cancelled when its turn comes', async () => {
  await using setting = await prepare(() => 500, { retryDelays: [1] })
  const { deliveries } = await setting.publish()
  await setting.receiver.request(1)
  await setting.backend.send(DestinationDisableDocument, { input: { id: setting.id } })
  expect(await setting.backend.finished(deliveries[0]!.id)).toMatchObject({ status: 'CANCELLED', attemptCount: 1 })
  expect(setting.receiver.requests).toHaveLength(1)
})

test('a test send goes out whatever the switch, subscriptions and health say, and touches no health', async () => {
  await using setting = await prepare(() => 500)
  await setting.backend.eventType('sampled', { samplePayload: { hello: 'world' } })
  await setting.backend.send(DestinationDisableDocument, { input: { id: setting.id } })
  const sent = await setting.backend.send(DestinationTestDocument, { input: { id: setting.id, eventType: 'sampled' } })
  const { delivery, attempt } = sent.destinationTest
  expect(delivery).toMatchObject({ status: 'FAILED', trigger: 'TEST', maxAttempts: 1, event: { isTest: true } })
  expect(attempt).toMatchObject({ number: 1, response: { statusCode: 500 } })
  expect(JSON.parse(setting.receiver.requests[0]!.body).data).toEqual({ hello: 'world' })
  expect(await setting.destination()).toMatchObject({ health: 'HEALTHY', consecutiveFailures: 0 })
})

test('a destination is given up after so many failures and so long without a success', () => {
  const start = new Date('2026-11-01T00:00:00Z')
  const policy = defaultDeliveryProfile
  let state: HealthState = {
    health: 'HEALTHY',
    disabledReason: null,
    disabledAt: null,
    consecutiveFailures: 0,
    failingSince: null,
    lastSuccessAt: start,
  }
  const failAt = (now: Date, failures: number) => {
    const evidence = { succeededAt: undefined, failures, firstFailureAt: now, disable: undefined }
    state = nextHealth(state, evidence, { policy, now })
    return state.health
  }
  const days = (n: number) => new Date(start.getTime() + n * 86_400_000)
  expect(failAt(days(1), 2)).toBe('HEALTHY')
  expect(failAt(days(1), 30)).toBe('FAILING')
  expect(failAt(days(4.9), 1)).toBe('FAILING')
  expect(failAt(days(5), 1)).toBe('DISABLED')
  expect(state).toMatchObject({ disabledReason: 'CONSECUTIVE_FAILURES', disabledAt: days(5), failingSince: days(1) })
})

async function prepare(answer: () => number, profile: { retryDelays: number[] } = { retryDelays: [] }) {
  const receiver = await startReceiver(answer)
  const backend = await postrider.application(profile)
  await backend.eventType('a')
  const organizationId = await backend.organization()
  const { id } = await backend.destination({ organizationId, url: receiver.url, eventTypes: ['a'] })
  const publish = () => backend.publish({ organizationId, type: 'a', data: {} })
  return {
    receiver,
    backend,
    id,
    publish,
    deliver: async () => backend.finished((await publish()).deliveries[0]!.id),
    destination: async () => (await backend.send(DestinationDocument, { id })).destination!,
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  }
}
