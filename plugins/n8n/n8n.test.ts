import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  DeliveryDocument,
  DestinationCreateDocument,
  DestinationDocument,
} from '../../src/client/generated/documents.ts'
import { startTestPostrider, type TestPostrider } from '../../test/support/postrider.ts'
import { type Answer, startReceiver } from '../../test/support/receiver.ts'

// The connector, with a receiver that answers as n8n does. trigger.test.ts has it with the trigger at the other end.

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

/** Answers of n8n 2.41 for a webhook that it does not know. */
const unknown: Answer = (response) => {
  const message = 'The requested webhook "POST 0f5c2c1e" is not registered.'
  response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ code: 404, message }))
}

test('a workflow gets the signed envelope, whatever the data is', async () => {
  await using receiver = await startReceiver()
  const { backend, organizationId, secret } = await prepare({ url: receiver.url })
  const data = [null, '<!channel> @everyone <b>&amp;', { 'é\u0000': '\ud83d' }]
  const { id, deliveries } = await backend.publish({ organizationId, type: 'a', data })
  expect(await backend.finished(deliveries[0]!.id)).toMatchObject({ status: 'SUCCEEDED' })
  const { body, headers } = receiver.requests[0]!
  const event = new Webhook(secret).verify(body, headers as Record<string, string>)
  expect(event).toMatchObject({ id, type: 'a', data })
})

test('404, which n8n answers while it starts, is tried again', async () => {
  await using receiver = await startReceiver((_, n) => (n === 1 ? unknown : 200))
  const { deliver } = await prepare({ url: receiver.url })
  expect(await deliver()).toMatchObject({ status: 'SUCCEEDED', attemptCount: 2 })
})

test.for([
  [404, /is its workflow active/],
  [401, /switch it off and on/],
  [403, /authentication/],
  [500, /answered 500/],
] as const)('%i is tried to the end, leaves the destination on, and tells what to do', async ([status, message]) => {
  await using receiver = await startReceiver(() => status)
  const { backend, id, deliver } = await prepare({ url: receiver.url })
  const delivery = await deliver()
  expect(delivery).toMatchObject({ status: 'FAILED', attemptCount: 2 })
  expect(delivery.lastAttempt!.errorMessage).toMatch(message)
  expect((await backend.send(DestinationDocument, { id })).destination).toMatchObject({ disabledReason: null })
})

test('410, which only a workflow built for it answers, switches the destination off', async () => {
  await using receiver = await startReceiver(() => 410)
  const { backend, id, deliver } = await prepare({ url: receiver.url })
  expect(await deliver()).toMatchObject({ status: 'FAILED', attemptCount: 1 })
  expect((await backend.send(DestinationDocument, { id })).destination).toMatchObject({ disabledReason: 'GONE' })
})

test.each(['https://n8n.example.com/webhook-test/0f5c2c1e/webhook', 'https://example.com/n8n/webhook-test/0f5c2c1e'])(
  'a person who gives the test URL %s is told to give the other one',
  async (url) => {
    const backend = await postrider.application()
    const organizationId = await backend.organization()
    const input = { organizationId, label: 'n8n', connector: 'n8n', config: { url } }
    const { destinationCreate } = await backend.send(DestinationCreateDocument, { input })
    expect(destinationCreate.userErrors).toMatchObject([
      {
        code: 'CONFIG_INVALID',
        path: ['input', 'config', 'url'],
        message: expect.stringContaining('Give the production URL of an active workflow'),
      },
    ])
  },
)

test.each([404, 410])('a temporary destination is deleted by %i, and only by that', async (gone) => {
  const answers = [500, 200, gone]
  await using receiver = await startReceiver((_, n) => answers[n - 1]!)
  const { backend, id, deliver } = await prepare({ url: receiver.url, temporary: true })
  const exists = async () => (await backend.send(DestinationDocument, { id })).destination !== null
  expect(await deliver()).toMatchObject({ status: 'SUCCEEDED', attemptCount: 2 })
  expect(await exists()).toBe(true)
  const last = await deliver()
  expect(last).toMatchObject({ status: 'FAILED', attemptCount: 1 })
  expect(last.lastAttempt!.errorMessage).toContain('Nobody listens at the test URL')
  expect(await exists()).toBe(false)
})

test('a temporary destination is sent the same signed request', async () => {
  await using receiver = await startReceiver()
  const { secret, deliver } = await prepare({ url: receiver.url, temporary: true })
  await deliver()
  const { method, body, headers } = receiver.requests[0]!
  expect(method).toBe('POST')
  expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({ type: 'a' })
})

async function prepare(config: Record<string, unknown>) {
  const backend = await postrider.application({ retryDelays: [0] })
  await backend.eventType('a')
  const organizationId = await backend.organization()
  const { id, secret } = await backend.destination({ organizationId, connector: 'n8n', config })
  const deliver = async () => {
    const { deliveries } = await backend.publish({ organizationId, type: 'a', data: { n: 7 } })
    await backend.finished(deliveries[0]!.id)
    return (await backend.send(DeliveryDocument, { id: deliveries[0]!.id })).delivery!
  }
  return { backend, organizationId, id, secret, deliver }
}
