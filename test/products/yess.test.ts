import { afterAll, beforeAll, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { becomeProduct, type Product, rawOf, rawPost, walkSchedule } from './stage.ts'

// Yess's help page, "Webhook Integrations".

/** "Up to 10 attempts with exponential backoff": the page names no delays. */
const RETRY_DELAYS = Array.from({ length: 9 }, (_, n) => 30 * 2 ** n)

const DISPATCHED = {
  event_type: 'engagement_dispatched',
  account: { name: 'Acme', domain: 'acme.example', integration_identifiers: { salesforce_id: '001' } },
  lead: { name: 'Jane', email: 'jane@acme.example' },
  engagement: { yess_id: 'eng_1', channel: 'email', action: 'new_thread_email', subject: 'Hello' },
}

let yess: Product
beforeAll(async () => {
  yess = await becomeProduct({
    profile: {
      envelope: [{ source: 'DATA_SPREAD' }],
      headers: [],
      signatures: [],
      timeoutMs: 30_000,
      retryDelays: RETRY_DELAYS,
      retryJitter: 0,
      disableAfterFailures: null,
      disableAfterSeconds: null,
      httpsOnly: true,
    },
    catalogue: [
      {
        name: 'engagement_dispatched',
        description: 'Triggered when an outbound engagement (email, LinkedIn message, etc.) is successfully sent',
        samplePayload: DISPATCHED,
      },
      {
        name: 'inbound_engagement',
        description:
          'Triggered when you receive an inbound response (email reply, LinkedIn message, connection request accepted, etc.)',
      },
      {
        name: 'engagement_status_changed',
        description:
          'Triggered whenever the status of an engagement is updated (e.g., from pending to sent, failed to delivered, or replied)',
        status: 'COMING_SOON',
      },
    ],
  })
})
afterAll(() => yess[Symbol.asyncDispose]())

test.each([
  ['API keys', 'Authorization', 'Bearer your-api-key'],
  ['custom tokens', 'X-Webhook-Token', 'your-secret-token'],
  ['basic authentication', 'Authorization', `Basic ${Buffer.from('user:password').toString('base64')}`],
])('the data goes out as it is, unsigned, with the header of the customer: %s', async (_, name, value) => {
  const { id } = await yess.destination({ headers: [{ name, value }], signingSecret: null })
  yess.answer({ status: 200, body: `got ${value}` })
  const before = yess.receiver.requests.length
  const { deliveryId } = await yess.publish('engagement_dispatched', DISPATCHED)
  const raw = rawOf(await yess.receiver.request(before + 1))
  expect(raw).toBe(rawPost(yess.receiver, [`${name}: ${value}`], JSON.stringify(DISPATCHED)))

  // No record shows it, not even what the receiver answers.
  await yess.backend.finished(deliveryId)
  const { delivery } = await yess.backend.send(documents.DeliveryDocument, { id: deliveryId })
  expect(delivery!.lastAttempt!.request!.headers).toContainEqual({ name, value: '[redacted]', redacted: true })
  expect(delivery!.lastAttempt!.response).toMatchObject({ statusCode: 200, body: 'got [redacted]' })
  expect((await yess.state(id)).headers).toEqual([{ name, value: '[redacted]', redacted: true }])
  await yess.backend.send(documents.DestinationDeleteDocument, { input: { id } })
})

test('http is not supported', async () => {
  const { destinationCreate } = await yess.backend.send(documents.DestinationCreateDocument, {
    input: { organizationId: yess.organizationId, label: 'x', config: { url: 'http://example.com/hook' } },
  })
  expect(destinationCreate.userErrors).toMatchObject([{ code: 'URL_NOT_ALLOWED', path: ['input', 'config', 'url'] }])
})

test('data that is no object has no place in the payload, and is refused', async () => {
  const { eventPublish } = await yess.backend.send(documents.EventPublishDocument, {
    input: { organizationId: yess.organizationId, type: 'inbound_engagement', data: ['reply_email'] },
  })
  expect(eventPublish).toMatchObject({ event: null, userErrors: [{ code: 'INVALID', path: ['input', 'data'] }] })
})

test('after ten attempts delivery stops, and the destination goes on', async () => {
  const { id } = await yess.destination({ signingSecret: null })
  await walkSchedule(yess, 'inbound_engagement', RETRY_DELAYS)
  expect(await yess.state(id)).toMatchObject({ health: 'FAILING', consecutiveFailures: 10, active: true })
})

test('the sample payload is sent as a test', async () => {
  const { id } = await yess.destination({ signingSecret: null })
  yess.answer({ status: 200 })
  const { destinationTest } = await yess.backend.send(documents.DestinationTestDocument, {
    input: { id, eventType: 'engagement_dispatched' },
  })
  expect(destinationTest.attempt).toMatchObject({ outcome: 'SUCCESS', response: { statusCode: 200 } })
  expect(yess.receiver.requests.at(-1)!.body).toBe(JSON.stringify(DISPATCHED))
})

test('what comes soon is in the catalogue, and can be subscribed to', async () => {
  const { eventTypes } = await yess.backend.send(documents.EventTypesDocument, {})
  const statuses = Object.fromEntries(eventTypes.nodes.map(({ name, status }) => [name, status]))
  expect(statuses).toEqual({
    engagement_dispatched: 'AVAILABLE',
    inbound_engagement: 'AVAILABLE',
    engagement_status_changed: 'COMING_SOON',
  })
  await yess.destination({ eventTypes: ['engagement_status_changed'] })
})
