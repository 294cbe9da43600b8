import { createHmac, timingSafeEqual } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { startTestPostrider } from '../support/postrider.ts'
import { until } from '../support/until.ts'
import {
  assertKeepsSecret,
  becomeProduct,
  deliver,
  type Product,
  rawOf,
  rawPost,
  uuidOf,
  walkSchedule,
} from './stage.ts'

// The ticket platform's page, "Webhooks Overview". It names two catalogues and shows no envelope.

/** "default: 1s, 5s, 30s, 5m, 30m, 2h". */
const RETRY_DELAYS = [1, 5, 30, 300, 1_800, 7_200]

let platform: Product
beforeAll(async () => {
  platform = await becomeProduct({
    profile: {
      envelope: [
        { name: 'event', source: 'TYPE' },
        { name: 'id', source: 'ID' },
        { name: 'created_at', source: 'CREATED_AT' },
        { name: 'data', source: 'DATA' },
      ],
      headers: [
        { name: 'X-Webhook-Event', source: 'TYPE' },
        { name: 'X-Webhook-Delivery', source: 'DELIVERY_UUID' },
      ],
      signatures: [{ scheme: 'HMAC_SHA256_HEX', header: 'X-Webhook-Signature', prefix: 'sha256=' }],
      timeoutMs: 10_000,
      retryDelays: RETRY_DELAYS,
      retryJitter: 0,
      disableAfterFailures: 10,
      disableAfterSeconds: null,
    },
    catalogue: [
      { name: 'ticket.created', group: 'Ticket webhooks', description: 'A ticket is created.' },
      { name: 'ticket.updated', group: 'Ticket webhooks', description: 'A ticket is updated.' },
      { name: 'ticket.resolved', group: 'Ticket webhooks', description: 'A ticket is resolved.' },
      { name: 'ticket.message_created', group: 'Ticket webhooks', description: 'A message is added to a ticket.' },
      { name: 'survey.response_completed', group: 'Survey webhooks', description: 'A survey response is completed.' },
    ],
  })
})
afterAll(() => platform[Symbol.asyncDispose]())

test('with a secret the request carries event, delivery and a signature over the raw body', async () => {
  const secret = 'chosen-by-the-customer'
  const { id } = await platform.destination({ signingSecret: secret })
  platform.answer({ status: 200 })
  const before = platform.receiver.requests.length
  const { eventId, createdAt, deliveryId } = await platform.publish('ticket.created', { ticket: { id: 7 } })
  const body = `{"event":"ticket.created","id":"${eventId}","created_at":"${createdAt}","data":{"ticket":{"id":7}}}`
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  const request = await platform.receiver.request(before + 1)
  expect(rawOf(request)).toBe(
    rawPost(
      platform.receiver,
      [
        'X-Webhook-Event: ticket.created',
        `X-Webhook-Delivery: ${uuidOf(deliveryId)}`,
        `X-Webhook-Signature: sha256=${signature}`,
      ],
      body,
    ),
  )
  expect(isVerified(request.body, request.headers['x-webhook-signature']!, secret)).toBe(true)
  expect(isVerified(`${request.body} `, request.headers['x-webhook-signature']!, secret)).toBe(false)
  await assertKeepsSecret(platform, id, secret)
  await platform.backend.send(documents.DestinationDeleteDocument, { input: { id } })
})

/** "Compute HMAC-SHA256 …, hex-encode, compare with the value after sha256= using a constant-time comparison." */
function isVerified(body: string, header: string, secret: string): boolean {
  const expected = createHmac('sha256', secret).update(body).digest('hex')
  return timingSafeEqual(Buffer.from(header.split('sha256=')[1]!), Buffer.from(expected))
}

test('without a secret there is no signature, and custom headers are included', async () => {
  const { id } = await platform.destination({
    signingSecret: null,
    headers: [{ name: 'X-Team', value: 'support', secret: false }],
  })
  platform.answer({ status: 200 })
  const before = platform.receiver.requests.length
  const { eventId, createdAt, deliveryId } = await platform.publish('survey.response_completed', {})
  const body = `{"event":"survey.response_completed","id":"${eventId}","created_at":"${createdAt}","data":{}}`
  const headers = ['X-Team: support', 'X-Webhook-Event: survey.response_completed']
  expect(rawOf(await platform.receiver.request(before + 1))).toBe(
    rawPost(platform.receiver, [...headers, `X-Webhook-Delivery: ${uuidOf(deliveryId)}`], body),
  )
  expect((await platform.state(id)).headers).toEqual([{ name: 'X-Team', value: 'support', redacted: false }])
  await platform.backend.send(documents.DestinationDeleteDocument, { input: { id } })
})

test('response bodies are captured up to 4,096 bytes', async () => {
  const { id } = await platform.destination()
  platform.answer({ status: 200, body: 'x'.repeat(5_000) })
  const { id: deliveryId } = await deliver(platform, 'ticket.updated')
  const { delivery } = await platform.backend.send(documents.DeliveryDocument, { id: deliveryId })
  const { response } = delivery!.lastAttempt!
  expect(response).toMatchObject({ body: 'x'.repeat(4_096), sizeBytes: 5_000, truncated: true })
  await platform.backend.send(documents.DestinationDeleteDocument, { input: { id } })
})

test('URLs without https, to localhost, private addresses and internal names are rejected', async () => {
  // With no exceptions, as in production.
  await using postrider = await startTestPostrider({ POSTRIDER_OUTBOUND_ALLOW: '' })
  const backend = await postrider.application({ httpsOnly: true })
  const organizationId = await backend.organization()
  const urls = [
    'http://example.com/hook',
    'https://localhost/hook',
    'https://127.0.0.1/hook',
    'https://10.0.0.1/hook',
    'https://192.168.1.10/hook',
    'https://tickets.internal/hook',
    'https://printer.local/hook',
    'https://api.default.svc/hook',
  ]
  for (const url of urls) {
    const input = { organizationId, label: 'x', config: { url } }
    const { destinationCreate } = await backend.send(documents.DestinationCreateDocument, { input })
    expect(destinationCreate.userErrors, url).toMatchObject([{ code: 'URL_NOT_ALLOWED' }])
  }
})

test('a failing delivery goes by the default retry policy', async () => {
  const { id } = await platform.destination()
  await walkSchedule(platform, 'ticket.resolved', RETRY_DELAYS)
  await platform.backend.send(documents.DestinationDeleteDocument, { input: { id } })
})

test('after ten failures in a row the webhook is disabled, and an admin is told', async () => {
  const { backend } = platform
  const { applications } = await backend.send(documents.ApplicationsDocument, {})
  const operations = applications[0]!.operationsOrganization
  const admin = await platform.destination({
    organizationId: operations.id,
    label: 'Admins',
    eventTypes: ['destination.disabled'],
  })
  const { id } = await platform.destination({ label: 'CRM' })
  platform.answer({ status: 500 })
  const events = Array.from({ length: 10 }, () => {
    return { organizationId: platform.organizationId, type: 'ticket.created', data: {} }
  })
  const before = platform.receiver.requests.length
  await backend.send(documents.EventsPublishDocument, { input: { events } })
  for (let n = 1; n <= 10; n += 1) await platform.receiver.request(before + n)
  platform.answer({ status: 200 })
  const find = () => platform.receiver.requests.find((one) => one.headers['x-webhook-event'] === 'destination.disabled')
  await until(() => find() !== undefined)
  const told = find()!
  expect(await platform.state(id)).toMatchObject({
    health: 'DISABLED',
    disabledReason: 'CONSECUTIVE_FAILURES',
    consecutiveFailures: 10,
  })
  expect(isVerified(told.body, told.headers['x-webhook-signature']!, admin.secret)).toBe(true)
  expect(JSON.parse(told.body).data.destination).toMatchObject({
    id,
    label: 'CRM',
    organizationExternalId: 'customer-1',
    health: 'DISABLED',
    disabledReason: 'CONSECUTIVE_FAILURES',
  })
})
