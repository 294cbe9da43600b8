import { afterAll, beforeAll, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { attemptsOf } from '../../test/support/attempts.ts'
import { startTestPostrider, type TestPostrider } from '../../test/support/postrider.ts'
import { type Answer, startReceiver } from '../../test/support/receiver.ts'
import connector from './index.ts'

// The connector alone, with a receiver in the place of hooks.zapier.com; app.test.ts has the integration.

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('an event arrives as one flat object with the id of the event, the same when it is sent again', async () => {
  await using zapier = await startZapier((n) => (n === 1 ? 502 : 200))
  const { publish, backend } = await prepare(zapier.url)
  const { id, deliveries } = await publish({
    id: 'evil',
    customer: { name: 'Ada <b>&amp;</b> 🚀' },
    lines: [{ sku: 'a' }],
  })
  await backend.finished(deliveries[0]!.id)
  const [first, second] = zapier.requests
  expect(JSON.parse(first!.body)).toEqual({
    id,
    type: 'a',
    createdAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
    organization: 'acme',
    data__id: 'evil',
    data__customer__name: 'Ada <b>&amp;</b> 🚀',
    data__lines: [{ sku: 'a' }],
  })
  expect(second!.body).toBe(first!.body)
  expect(first).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } })
  expect(first!.headers).not.toHaveProperty('webhook-signature')
})

test('410 deletes the destination, 429 is obeyed', async () => {
  await using zapier = await startZapier((n) => (n === 1 ? tooMany('30') : 410))
  const { publish, backend, id } = await prepare(zapier.url)
  const throttled = await publish({})
  await attemptsOf(backend, 1)
  const { delivery } = await backend.send(documents.DeliveryDocument, { id: throttled.deliveries[0]!.id })
  const { startedAt, retryAt, failureKind } = delivery!.lastAttempt!
  expect(failureKind).toBe('RATE_LIMITED')
  expect(Date.parse(retryAt!) - Date.parse(startedAt)).toBeGreaterThanOrEqual(30_000)

  const ended = await publish({})
  expect(await backend.finished(ended.deliveries[0]!.id)).toMatchObject({ status: 'FAILED', attemptCount: 1 })
  expect((await backend.send(documents.DestinationDocument, { id })).destination).toBeNull()
})

test("a person's test send deletes nothing", async () => {
  await using zapier = await startZapier(() => 410)
  const { backend, id } = await prepare(zapier.url)
  const { destinationTest } = await backend.send(documents.DestinationTestDocument, {
    input: { id, eventType: 'a', data: {} },
  })
  expect(destinationTest.attempt).toMatchObject({
    failureKind: 'GONE',
    errorMessage: 'Zapier has ended this subscription (410 Gone)',
  })
  expect((await backend.send(documents.DestinationDocument, { id })).destination).not.toBeNull()
})

test('the hook is a secret: it stands in no setting and no record', async () => {
  await using zapier = await startZapier(() => (response) => response.end(`no Zap at ${zapier.url}`))
  const { publish, backend, id } = await prepare(zapier.url)
  const { deliveries } = await publish({ n: 1 })
  await backend.finished(deliveries[0]!.id)
  const { delivery } = await backend.send(documents.DeliveryDocument, { id: deliveries[0]!.id })
  const { destination } = await backend.send(documents.DestinationDocument, { id })
  expect(destination).toMatchObject({
    target: 'Zapier',
    config: {},
    credentials: [{ name: 'targetUrl', isSet: true }],
    rateLimit: 25,
  })
  expect(JSON.stringify([delivery, destination])).not.toContain(zapier.url)
  expect(delivery!.lastAttempt).toMatchObject({
    request: { url: '[redacted]', body: expect.stringContaining('data__n') },
    response: { body: expect.stringMatching(/^no Zap at \[redacted\]$/) },
  })
})

test.each([
  ['https://example.com/hooks/catch/1/a/'],
  ['http://hooks.zapier.com/hooks/catch/1/a/'],
  ['https://hooks.zapier.com/'],
  ['https://hooks.zapier.com.example.com/hooks/catch/1/a/'],
  ['https://hooks.zapier.com@example.com/hooks/catch/1/a/'],
  ['https://127.0.0.1:80@example.com/hooks/'],
  ['http://10.0.0.1/hooks/'],
  [''],
])('%s is refused, with its field', async (targetUrl) => {
  const backend = await postrider.application()
  const organizationId = await backend.organization()
  const input = { organizationId, label: 'Zap', connector: 'zapier', config: {}, credentials: { targetUrl } }
  const { destinationCreate } = await backend.send(documents.DestinationCreateDocument, { input })
  expect(destinationCreate.userErrors).toMatchObject([
    {
      code: 'CONFIG_INVALID',
      path: ['input', 'credentials', 'targetUrl'],
      message: expect.stringContaining('copy the URL'),
    },
  ])
})

test('the hooks of Zapier itself are taken', () => {
  for (const route of ['standard/1234567/0123456789abcdef/', 'catch/1234567/abcdefg/', 'catch/hook/']) {
    expect(connector.credentials!.safeParse({ targetUrl: `https://hooks.zapier.com/hooks/${route}` }).success).toBe(
      true,
    )
  }
})

test('a hook on loopback is refused, unless the operator allows that', async () => {
  await using strict = await startTestPostrider({ POSTRIDER_OUTBOUND_ALLOW: '' })
  const refused = prepare('http://127.0.0.1:1/hooks', strict)
  await expect(refused).rejects.toThrow(/URL_NOT_ALLOWED.*targetUrl|targetUrl.*URL_NOT_ALLOWED/)
})

test('what an event will look like is shown before the hook is known', async () => {
  const backend = await postrider.application()
  await backend.eventType('a', { samplePayload: { order: { number: 7 } } })
  const input = { eventType: 'a', connector: 'zapier', config: {} }
  const { destinationPreview } = await backend.send(documents.DestinationPreviewDocument, { input })
  expect(destinationPreview.userErrors).toEqual([])
  expect(JSON.parse(destinationPreview.request!.body!)).toMatchObject({ type: 'a', data__order__number: 7 })
  expect(destinationPreview.request!.url).toBe('[redacted]')
})

function startZapier(answer: (n: number) => Answer) {
  return startReceiver((_, n) => answer(n))
}

function tooMany(retryAfter: string): Answer {
  return (response) => response.writeHead(429, { 'retry-after': retryAfter }).end()
}

/** A destination of organization acme, as a person makes it. */
async function prepare(targetUrl: string, server = postrider) {
  const backend = await server.application({ retryDelays: [0] })
  await backend.eventType('a')
  const organizationId = await backend.organization()
  const credentials = { targetUrl }
  const { id } = await backend.destination({ organizationId, connector: 'zapier', config: {}, credentials })
  return { backend, id, publish: (data: unknown) => backend.publish({ organizationId, type: 'a', data }) }
}
