import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ApplicationCreateDocument,
  ApplicationsDocument,
  ApplicationUpdateDocument,
  DeliveryDocument,
  type DeliveryProfileInput,
} from '../src/client/generated/documents.ts'
import { request } from '../src/client/request.ts'
import { defaultDeliveryProfile } from '../src/domain/delivery-profile.ts'
import { type Backend, startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const HEX = { scheme: 'HMAC_SHA256_HEX', header: 'X-Signature' } as const
const STANDARD = { scheme: 'STANDARD_WEBHOOKS' } as const

describe('a profile that contradicts itself is refused, and the field is named', () => {
  test.each<[what: string, profile: DeliveryProfileInput, place: string, message: string]>([
    ['no key at all', { envelope: [] }, 'envelope', 'at least 1'],
    ['a key without a name', { envelope: [{ source: 'DATA' }] }, 'envelope.0.name', 'is required for DATA'],
    [
      'a name twice',
      {
        envelope: [
          { name: 'id', source: 'ID' },
          { name: 'id', source: 'TYPE' },
        ],
      },
      'envelope.1.name',
      '"id" is there already',
    ],
    [
      'data spread before the end',
      { envelope: [{ source: 'DATA_SPREAD' }, { name: 'id', source: 'ID' }] },
      'envelope.0.source',
      'comes last',
    ],
    [
      'a header that is none',
      { headers: [{ name: 'X Event', source: 'TYPE' }] },
      'headers.0.name',
      'no name of a header',
    ],
    ['a header of the connection', { headers: [{ name: 'Host', source: 'TYPE' }] }, 'headers.0.name', 'is set by'],
    ['a header of the body', { headers: [{ name: 'Content-MD5', source: 'ID' }] }, 'headers.0.name', 'is set by'],
    [
      'a header twice, in two spellings',
      {
        headers: [
          { name: 'X-Event', source: 'TYPE' },
          { name: 'x-event', source: 'ID' },
        ],
      },
      'headers.1.name',
      'is sent already',
    ],
    [
      'a header that a signature has',
      { headers: [{ name: 'x-signature', source: 'TYPE' }], signatures: [HEX] },
      'headers.0.name',
      'is sent already',
    ],
    [
      'a header of Standard Webhooks beside it',
      { headers: [{ name: 'Webhook-Id', source: 'ID' }] },
      'headers.0.name',
      'is sent already',
    ],
    ['two signatures in one header', { signatures: [HEX, HEX] }, 'signatures.1.header', 'is sent already'],
    ['Standard Webhooks twice', { signatures: [STANDARD, STANDARD] }, 'signatures.1.scheme', 'is sent already'],
    [
      'a signature without a header',
      { signatures: [{ scheme: 'HMAC_SHA256_HEX' }] },
      'signatures.0.header',
      'is required',
    ],
    [
      'Standard Webhooks in another header',
      { signatures: [{ ...STANDARD, header: 'X-Signature' }] },
      'signatures.0.header',
      'headers of its own',
    ],
    [
      'Standard Webhooks with a prefix',
      { signatures: [{ ...STANDARD, prefix: 'v1=' }] },
      'signatures.0.prefix',
      'headers of its own',
    ],
    ['a prefix that no header takes', { signatures: [{ ...HEX, prefix: 'é=' }] }, 'signatures.0.prefix', 'printable'],
    [
      'disabling before failing',
      { disableAfterFailures: 2, disableAfterSeconds: null },
      'failingAfterFailures',
      'disabled before it is failing',
    ],
    ['disabling after none', { disableAfterFailures: 0 }, 'disableAfterFailures', 'at least 1'],
    ['failing after none', { failingAfterFailures: 0 }, 'failingAfterFailures', 'at least 1'],
    ['a year and a day', { disableAfterSeconds: 366 * 86_400 }, 'disableAfterSeconds', 'at most 365 days'],
  ])('%s', async (_, deliveryProfile, place, message) => {
    const input = { name: 'Test', deliveryProfile }
    const { applicationCreate } = await request(postrider.operator, ApplicationCreateDocument, { input })
    expect(applicationCreate.application).toBeNull()
    expect(applicationCreate.userErrors).toMatchObject([
      { path: ['input', 'deliveryProfile', ...place.split('.')], message: expect.stringContaining(message) },
    ])
  })
})

test('what is left out stays, null in the conditions of disabling means never, and every field can be read', async () => {
  const { httpsOnly: _, ...untouched } = defaultDeliveryProfile
  const backend = await postrider.application()
  const signatures = [{ scheme: 'STANDARD_WEBHOOKS', header: null, prefix: null }]
  expect(await profileOf(backend)).toEqual({ ...untouched, signatures, httpsOnly: false })
  await update(backend, { disableAfterFailures: null, envelope: [{ name: 'payload', source: 'DATA' }] })
  expect(await profileOf(backend)).toMatchObject({
    envelope: [{ name: 'payload', source: 'DATA' }],
    disableAfterFailures: null,
    disableAfterSeconds: untouched.disableAfterSeconds,
    timeoutMs: untouched.timeoutMs,
  })
  await update(backend, { disableAfterSeconds: null, timeoutMs: null })
  expect(await profileOf(backend)).toMatchObject({ disableAfterSeconds: null, timeoutMs: untouched.timeoutMs })
})

test('several signatures at once each cover the body that is sent', async () => {
  await using receiver = await startReceiver()
  const backend = await postrider.application({ signatures: [STANDARD, { ...HEX, prefix: 'sha256=' }] })
  const { organizationId, secret } = await backend.hook(receiver.url)
  const { id } = await backend.publish({ organizationId, type: 'a', data: { n: 1 } })
  const { headers, body } = await receiver.request(1)
  expect(headers['x-signature']).toBe(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`)
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const signed = `${id}.${headers['webhook-timestamp']}.${body}`
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`)
})

test('a header is made of each of its sources', async () => {
  await using receiver = await startReceiver((_, n) => (n === 1 ? 500 : 200))
  const sources = ['ID', 'TYPE', 'DELIVERY_ID', 'DELIVERY_UUID', 'ATTEMPT', 'TIMESTAMP'] as const
  const headers = sources.map((source) => ({ name: `X-${source.replace('_', '-')}`, source }))
  const backend = await postrider.application({ headers, retryDelays: [0] })
  const { organizationId } = await backend.hook(receiver.url)
  const { id, deliveries } = await backend.publish({ organizationId, type: 'a', data: {} })
  const { headers: sent } = await receiver.request(2)
  expect(sent).toMatchObject({ 'x-id': id, 'x-type': 'a', 'x-delivery-id': deliveries[0]!.id, 'x-attempt': '2' })
  expect(sent['x-delivery-uuid']).toMatch(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/)
  expect(Math.abs(Number(sent['x-timestamp']) - Date.now() / 1_000)).toBeLessThan(10)
})

test("where the data's keys are spread, the envelope's own win, and its order is kept", async () => {
  await using receiver = await startReceiver()
  const backend = await postrider.application({
    envelope: [{ name: 'type', source: 'TYPE' }, { source: 'DATA_SPREAD' }],
  })
  const { organizationId } = await backend.hook(receiver.url)
  await backend.publish({ organizationId, type: 'a', data: { z: 1, type: 'forged', a: { type: 'kept' } } })
  expect((await receiver.request(1)).body).toBe('{"type":"a","z":1,"a":{"type":"kept"}}')
})

test('data that is no object, published before the profile spread it, is given up with the reason', async () => {
  await using receiver = await startReceiver(() => 500)
  const backend = await postrider.application({ retryDelays: [1] })
  const { organizationId } = await backend.hook(receiver.url)
  const { deliveries } = await backend.publish({ organizationId, type: 'a', data: [1] })
  await receiver.request(1)
  await update(backend, { envelope: [{ source: 'DATA_SPREAD' }] })
  const { id } = await backend.finished(deliveries[0]!.id)
  const { delivery } = await backend.send(DeliveryDocument, { id })
  expect(delivery).toMatchObject({
    status: 'FAILED',
    lastAttempt: {
      outcome: 'PERMANENT_FAILURE',
      errorMessage: expect.stringContaining('the delivery profile spreads its keys'),
    },
  })
})

async function update(backend: Backend, deliveryProfile: DeliveryProfileInput): Promise<void> {
  const { applicationUpdate } = await backend.send(ApplicationUpdateDocument, { input: { deliveryProfile } })
  expect(applicationUpdate.userErrors).toEqual([])
}

async function profileOf(backend: Backend) {
  const { applications } = await backend.send(ApplicationsDocument, {})
  return applications[0]!.deliveryProfile
}
