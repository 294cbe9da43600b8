import crypto from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { assertKeepsSecret, becomeProduct, type Product, rawOf, rawPost, walkSchedule } from './stage.ts'

// SalesOS's page, "Webhooks". Its REST routes have a test of their own.

/** "Retry 1: 1 minute, 2: 5 minutes, 3: 30 minutes, 4: 2 hours, 5: 24 hours". */
const RETRY_DELAYS = [60, 300, 1_800, 7_200, 86_400]

const CRM = {
  'lead.created': 'A new lead was created',
  'lead.updated': 'A lead was updated',
  'lead.deleted': 'A lead was deleted',
  'lead.converted': 'A lead was converted to contact/opportunity',
  'contact.created': 'A new contact was created',
  'contact.updated': 'A contact was updated',
  'account.created': 'A new account was created',
  'account.updated': 'An account was updated',
  'opportunity.created': 'A new opportunity was created',
  'opportunity.updated': 'An opportunity was updated',
  'opportunity.won': 'An opportunity was marked as won',
  'opportunity.lost': 'An opportunity was marked as lost',
}
const SALES = {
  'quote.created': 'A quote was created',
  'quote.approved': 'A quote was approved',
  'quote.sent': 'A quote was sent to the customer',
  'order.created': 'A new order was created',
  'order.completed': 'An order was completed',
  'meeting.scheduled': 'A meeting was scheduled',
  'meeting.completed': 'A meeting was completed',
  'task.completed': 'A task was completed',
}
const LEAD = {
  id: 'lead_def456',
  firstName: 'Jane',
  lastName: 'Smith',
  email: 'jane@example.com',
  status: 'NEW',
  createdAt: '2025-01-15T10:30:00Z',
}

let salesos: Product
beforeAll(async () => {
  const group = (name: string, types: Record<string, string>) =>
    Object.entries(types).map(([type, description]) => ({ name: type, description, group: name }))
  salesos = await becomeProduct({
    profile: {
      envelope: [
        { name: 'id', source: 'ID' },
        { name: 'type', source: 'TYPE' },
        { name: 'timestamp', source: 'CREATED_AT' },
        { name: 'organizationId', source: 'ORGANIZATION_ID' },
        { name: 'data', source: 'DATA' },
      ],
      headers: [],
      signatures: [{ scheme: 'HMAC_SHA256_HEX', header: 'X-Webhook-Signature' }],
      timeoutMs: 30_000,
      retryDelays: RETRY_DELAYS,
      retryJitter: 0,
      disableAfterFailures: null,
      disableAfterSeconds: null,
    },
    catalogue: [...group('CRM Events', CRM), ...group('Sales Events', SALES)],
  })
})
afterAll(() => salesos[Symbol.asyncDispose]())

// As the page has it.
function verifyWebhookSignature(payload: string, signature: string, secret: string) {
  const expected = crypto.createHmac('sha256', secret).update(payload).digest('hex')

  return crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(expected))
}

test("the request is signed with the caller's own secret, and passes the page's handler", async () => {
  const secret = 'YOUR_WEBHOOK_SECRET'
  const eventTypes = ['lead.created', 'lead.updated', 'opportunity.won']
  const { id } = await salesos.destination({ eventTypes, signingSecret: secret })
  salesos.answer({ status: 200, body: 'OK' })
  const { eventId, createdAt } = await salesos.publish('lead.created', LEAD)
  const request = await salesos.receiver.request(1)
  // The handler parses and writes the body again before it verifies: that has to give the same bytes.
  const written = JSON.stringify(JSON.parse(request.body))
  expect(verifyWebhookSignature(written, request.headers['x-webhook-signature']!, secret)).toBe(true)
  const body = `{"id":"${eventId}","type":"lead.created","timestamp":"${createdAt}","organizationId":"customer-1","data":${JSON.stringify(LEAD)}}`
  const signature = crypto.createHmac('sha256', secret).update(body).digest('hex')
  expect(rawOf(request)).toBe(rawPost(salesos.receiver, [`X-Webhook-Signature: ${signature}`], body))
  await assertKeepsSecret(salesos, id, secret)
})

test('failed deliveries are retried five times, up to 24 hours apart, and then stop', async () => {
  await walkSchedule(salesos, 'opportunity.won', RETRY_DELAYS)
})

test('the catalogue has twelve CRM events and eight sales events', async () => {
  const { eventTypes } = await salesos.backend.send(documents.EventTypesDocument, { first: 100 })
  const counts = Map.groupBy(eventTypes.nodes, (type) => type.group)
  expect([counts.get('CRM Events')?.length, counts.get('Sales Events')?.length]).toEqual([12, 8])
})
