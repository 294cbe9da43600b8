import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { assertKeepsSecret, becomeProduct, deliver, type Product, rawOf, rawPost, walkSchedule } from './stage.ts'

// Yesoma's help page, "Webhook events".

/** "exponential backoff up to 6 times over ~24 hours": 64 s, times four each time, 24.3 h in all. */
const RETRY_DELAYS = [64, 256, 1_024, 4_096, 16_384, 65_536]

let yesoma: Product
beforeAll(async () => {
  yesoma = await becomeProduct({
    profile: {
      envelope: [
        { name: 'event', source: 'TYPE' },
        { name: 'id', source: 'ID' },
        { name: 'created_at', source: 'CREATED_AT' },
        { name: 'organization_id', source: 'ORGANIZATION_ID' },
        { name: 'data', source: 'DATA' },
      ],
      headers: [{ name: 'X-Yesoma-Event', source: 'TYPE' }],
      signatures: [{ scheme: 'HMAC_SHA256_HEX', header: 'X-Yesoma-Signature', prefix: 'sha256=' }],
      timeoutMs: 30_000,
      retryDelays: RETRY_DELAYS,
      retryJitter: 0,
      disableAfterFailures: null,
      disableAfterSeconds: null,
    },
    catalogue: [
      { name: 'inquiry.received', description: 'A new inquiry lands (any channel).' },
      { name: 'inquiry.assigned', description: 'An inquiry is assigned to a teammate.' },
      { name: 'inquiry.replied', description: 'A reply is sent or marked sent.' },
      { name: 'inquiry.closed', description: 'A case is closed with an outcome (won/lost/no_decision).' },
      { name: 'inquiry.flagged_urgent', description: 'An inquiry is escalated to urgent.' },
      { name: 'followup.scheduled', description: 'A new follow-up is created.' },
      { name: 'followup.overdue', description: 'A follow-up passed its due time without being completed.' },
      { name: 'approval.requested', description: 'A reply was sent for manager approval.' },
    ],
  })
})
afterAll(() => yesoma[Symbol.asyncDispose]())

test('the request is the one of the page, byte for byte, signed with the secret that was generated', async () => {
  const { id, secret } = await yesoma.destination({ label: 'Slack — urgent inquiries', eventTypes: ['inquiry.*'] })
  yesoma.answer({ status: 200 })
  const data = {
    inquiry: { id: 'inq_1', subject: 'Zwölf Stühle “bitte” 🪑', source: 'email' },
    customer: { id: 'cus_1', name: 'Jane', email: 'jane@example.com', tags: ['vip'] },
  }
  const before = yesoma.receiver.requests.length
  const { eventId, createdAt } = await yesoma.publish('inquiry.received', data)
  const body = `{"event":"inquiry.received","id":"${eventId}","created_at":"${createdAt}","organization_id":"customer-1","data":${JSON.stringify(data)}}`
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  const headers = ['X-Yesoma-Event: inquiry.received', `X-Yesoma-Signature: sha256=${signature}`]
  expect(rawOf(await yesoma.receiver.request(before + 1))).toBe(rawPost(yesoma.receiver, headers, body))
  expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  await assertKeepsSecret(yesoma, id, secret)
})

test('an event that the destination did not choose does not go out', async () => {
  const { eventPublish } = await yesoma.backend.send(documents.EventPublishDocument, {
    input: { organizationId: yesoma.organizationId, type: 'approval.requested', data: {} },
  })
  const { event } = await yesoma.backend.send(documents.EventDocument, { id: eventPublish.event!.id })
  expect(event!.deliveries.nodes).toEqual([])
})

test('anything but 2xx is retried six times over some 24 hours; the failed delivery is in the panel', async () => {
  await walkSchedule(yesoma, 'inquiry.closed', RETRY_DELAYS)
  expect(RETRY_DELAYS.reduce((sum, delay) => sum + delay, 0) / 3_600).toBeCloseTo(24, 0)
  const { deliveries } = await yesoma.backend.send(documents.DeliveriesDocument, { filter: { statuses: ['FAILED'] } })
  expect(deliveries.nodes).toMatchObject([{ eventType: 'inquiry.closed', attemptCount: 7 }])
})

test('while the switch is off nothing is sent, and the destination stays', async () => {
  yesoma.answer({ status: 200 })
  const { destinations } = await yesoma.backend.send(documents.DestinationsDocument, {})
  const { id } = destinations.nodes[0]!
  await yesoma.backend.send(documents.DestinationUpdateDocument, { input: { id, active: false } })
  const before = yesoma.receiver.requests.length
  const { deliveryId } = await yesoma.publish('inquiry.replied', {})
  expect(await yesoma.backend.finished(deliveryId)).toMatchObject({ status: 'SKIPPED', skipReason: 'INACTIVE' })
  await yesoma.backend.send(documents.DestinationUpdateDocument, { input: { id, active: true } })
  expect(await deliver(yesoma, 'inquiry.replied')).toMatchObject({ status: 'SUCCEEDED' })
  expect(yesoma.receiver.requests).toHaveLength(before + 1)
})

test('the catalogue is the one of the page', async () => {
  const { eventTypes } = await yesoma.backend.send(documents.EventTypesDocument, {})
  expect(eventTypes.nodes).toHaveLength(8)
  expect(eventTypes.nodes.at(-1)).toMatchObject({
    name: 'inquiry.received',
    description: 'A new inquiry lands (any channel).',
  })
})
