import crypto from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { assertKeepsSecret, becomeProduct, type Product, rawOf, rawPost, walkSchedule } from './stage.ts'

// AIsoule's help page, "Configuring outbound webhooks".

/** "Retry 1: After 10 seconds, Retry 2: After 60 seconds, Retry 3: After 5 minutes". */
const RETRY_DELAYS = [10, 60, 300]
const SAMPLE = { message: { id: 'msg_1', from: '+491700000000', text: 'Hallo' } }

let aisoule: Product
beforeAll(async () => {
  aisoule = await becomeProduct({
    profile: {
      envelope: [
        { name: 'event', source: 'TYPE' },
        { name: 'id', source: 'ID' },
        { name: 'created_at', source: 'CREATED_AT' },
        { name: 'data', source: 'DATA' },
      ],
      headers: [{ name: 'X-Webhook-Event', source: 'TYPE' }],
      signatures: [{ scheme: 'HMAC_SHA256_HEX', header: 'X-Webhook-Signature' }],
      timeoutMs: 10_000,
      retryDelays: RETRY_DELAYS,
      retryJitter: 0,
      failingAfterFailures: 3,
      disableAfterFailures: null,
      disableAfterSeconds: null,
    },
    catalogue: [
      { name: 'message.incoming', description: 'Customer sends a message', samplePayload: SAMPLE },
      { name: 'message.sent', description: 'Your message is sent' },
      { name: 'message.delivered', description: 'Message delivered to phone' },
      { name: 'message.read', description: 'Message read by customer' },
      { name: 'message.failed', description: 'Message delivery failed' },
      { name: 'contact.created', description: 'New contact added' },
      { name: 'contact.updated', description: 'Contact info changed' },
      { name: 'campaign.completed', description: 'Campaign finished' },
      { name: 'transfer.created', description: 'Agent transfer initiated' },
    ],
  })
})
afterAll(() => aisoule[Symbol.asyncDispose]())

// As the page has it.
function verifyWebhook(body: string, signature: string, secret: string) {
  const expected = crypto.createHmac('sha256', secret).update(body).digest('hex')
  return expected === signature
}

test("the request is verified by the page's own code, and is the same byte for byte", async () => {
  const { id, secret } = await aisoule.destination({ label: 'CRM Sync', eventTypes: ['message.incoming'] })
  aisoule.answer({ status: 200 })
  const { eventId, createdAt } = await aisoule.publish('message.incoming', SAMPLE)
  const request = await aisoule.receiver.request(1)
  expect(verifyWebhook(request.body, request.headers['x-webhook-signature']!, secret)).toBe(true)
  expect(verifyWebhook(request.body, request.headers['x-webhook-signature']!, 'another secret')).toBe(false)
  const body = `{"event":"message.incoming","id":"${eventId}","created_at":"${createdAt}","data":${JSON.stringify(SAMPLE)}}`
  const signature = crypto.createHmac('sha256', secret).update(body).digest('hex')
  const headers = ['X-Webhook-Event: message.incoming', `X-Webhook-Signature: ${signature}`]
  expect(rawOf(request)).toBe(rawPost(aisoule.receiver, headers, body))
  await assertKeepsSecret(aisoule, id, secret)
})

test('the Test button sends the sample, and the answer is shown', async () => {
  const { destinations } = await aisoule.backend.send(documents.DestinationsDocument, {})
  aisoule.answer({ status: 200, body: 'ok' })
  const before = aisoule.receiver.requests.length
  const { destinationTest } = await aisoule.backend.send(documents.DestinationTestDocument, {
    input: { id: destinations.nodes[0]!.id, eventType: 'message.incoming' },
  })
  expect(JSON.parse((await aisoule.receiver.request(before + 1)).body).data).toEqual(SAMPLE)
  expect(destinationTest.attempt).toMatchObject({ outcome: 'SUCCESS', response: { statusCode: 200, body: 'ok' } })
})

test('a failing endpoint is retried after 10 s, 60 s and 5 min, and is failing after three failures', async () => {
  const { destinations } = await aisoule.backend.send(documents.DestinationsDocument, {})
  const { id } = destinations.nodes[0]!
  await walkSchedule(aisoule, 'message.incoming', RETRY_DELAYS)
  expect(await aisoule.state(id)).toMatchObject({ health: 'FAILING', consecutiveFailures: 4, active: true })
})

test('the log has timestamp, event type, response status and response time of each attempt, newest delivery first', async () => {
  const { destinations } = await aisoule.backend.send(documents.DestinationsDocument, {})
  const { id } = destinations.nodes[0]!
  const { deliveries } = await aisoule.backend.send(documents.DeliveriesDocument, { filter: { destinationIds: [id] } })
  const log = await Promise.all(
    deliveries.nodes.map(async ({ id: deliveryId }) => {
      const { delivery } = await aisoule.backend.send(documents.DeliveryDocument, { id: deliveryId })
      const { eventType, trigger, lastAttempt } = delivery!
      const hasTime = Date.parse(String(lastAttempt!.startedAt)) > 0 && lastAttempt!.durationMs >= 0
      return { eventType, trigger, status: lastAttempt!.response!.statusCode, hasTime }
    }),
  )
  expect(log).toEqual([
    { eventType: 'message.incoming', trigger: 'EVENT', status: 500, hasTime: true },
    { eventType: 'message.incoming', trigger: 'TEST', status: 200, hasTime: true },
    { eventType: 'message.incoming', trigger: 'EVENT', status: 200, hasTime: true },
  ])
})
