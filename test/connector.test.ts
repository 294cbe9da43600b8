import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ConnectorsDocument,
  DeliveryDocument,
  DestinationDocument,
  DestinationUpdateDocument,
} from '../src/client/generated/documents.ts'
import { startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

const TOKEN = 'tok_0123456789abcdef'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider({}, { pluginsDir: path.join(import.meta.dirname, 'plugins') })
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('a connector that does not load is FAILED with its reason, and takes nothing else with it', async () => {
  const backend = await postrider.application()
  const { connectors } = await backend.send(ConnectorsDocument, {})
  const byKey = Object.fromEntries(connectors.map((connector) => [connector.key, connector]))
  expect(byKey.broken).toMatchObject({
    status: 'FAILED',
    statusReason: expect.stringContaining('a package that is not'),
  })
  expect(byKey.nonsense).toMatchObject({ status: 'FAILED', statusReason: expect.stringContaining('key') })
  expect(byKey.pager).toMatchObject({ status: 'READY', version: '1.2.3', category: 'CHAT', statusReason: null })
  expect(byKey.pager!.configSchema).toMatchObject({ properties: { url: { format: 'uri', title: 'URL' } } })
  expect(byKey.pager!.credentialSchema).toMatchObject({ required: ['token'] })
})

test('credentials reach the target, are encrypted at rest, and stand in no record', async () => {
  await using receiver = await startReceiver((request) => (response) => {
    // A receiver that echoes what it was sent.
    response.writeHead(500, { 'x-echo': String(request.headers['x-token']) }).end(request.body)
  })
  const { backend, id, deliver } = await prepare('pager', { url: receiver.url }, { token: TOKEN })
  const deliveryId = await deliver()
  expect(receiver.requests[0]).toMatchObject({ path: `/hook?token=${TOKEN}`, body: expect.stringContaining(TOKEN) })

  const { delivery } = await backend.send(DeliveryDocument, { id: deliveryId })
  const { request, response } = delivery!.lastAttempt!
  expect(JSON.stringify(delivery)).not.toContain(TOKEN)
  expect(request!.url).toBe(`${receiver.url}?token=[redacted]`)
  expect(request!.headers).toContainEqual({ name: 'x-token', value: '[redacted]', redacted: true })
  expect(JSON.parse(request!.body!)).toMatchObject({ n: 7, token: '[redacted]' })
  expect(response!.headers).toContainEqual({ name: 'x-echo', value: '[redacted]', redacted: true })
  const rows = await postrider.database.query('select d.*, a.* from destination d, delivery_attempt a')
  expect(JSON.stringify(rows)).not.toContain(TOKEN)
  expect((await backend.send(DestinationDocument, { id })).destination!.credentials).toEqual([
    { name: 'token', isSet: true, hint: '…cdef' },
    { name: 'pin', isSet: false, hint: null },
  ])
})

test('credentials are merged key by key, and a changed one is used by the next attempt', async () => {
  await using receiver = await startReceiver()
  const { backend, id, deliver } = await prepare('pager', { url: receiver.url }, { token: TOKEN, pin: '1234' })
  await deliver()
  await backend.send(DestinationUpdateDocument, { input: { id, credentials: { token: 'tok_another_one', pin: null } } })
  await deliver()
  expect(receiver.requests.map((request) => request.headers['x-token'])).toEqual([TOKEN, 'tok_another_one'])
  const { destination } = await backend.send(DestinationDocument, { id })
  expect(destination!.credentials.map(({ name, isSet }) => [name, isSet])).toEqual([
    ['token', true],
    ['pin', false],
  ])
})

test("the connector's reading of an answer goes before HTTP's", async () => {
  const answers = [
    [200, 'queue full'],
    [400, ''],
    [401, ''],
  ] as const
  await using receiver = await startReceiver((_, n) => (response) => {
    const [status, body] = answers[n - 1]!
    response.writeHead(status).end(body)
  })
  const { backend, id, deliver } = await prepare('pager', { url: receiver.url }, { token: TOKEN })
  const last = async () => (await backend.send(DeliveryDocument, { id: await deliver() })).delivery!
  expect(await last()).toMatchObject({
    status: 'FAILED',
    attemptCount: 2,
    lastAttempt: { errorMessage: 'Not wanted', outcome: 'PERMANENT_FAILURE' },
  })
  expect(await last()).toMatchObject({
    lastAttempt: { failureKind: 'CREDENTIALS_REJECTED', errorMessage: 'Bad token' },
  })
  expect((await backend.send(DestinationDocument, { id })).destination).toMatchObject({
    health: 'DISABLED',
    disabledReason: 'CREDENTIALS_REJECTED',
  })
})

test.for(['throw', 'nothing', 'header', 'url'])(
  'a connector that builds no request (%s) fails its own delivery, with the reason',
  async (how) => {
    const { backend, deliver } = await prepare('thrower', { how })
    const { delivery } = await backend.send(DeliveryDocument, { id: await deliver() })
    expect(delivery!.attemptCount).toBe(how === 'url' ? 2 : 1)
    expect(delivery).toMatchObject({ status: 'FAILED', lastAttempt: { errorMessage: expect.stringMatching(/.{10}/) } })
    if (how === 'throw') expect(delivery!.lastAttempt!.errorMessage).toContain('no template for this type')
  },
)

async function prepare(connector: string, config: Record<string, unknown>, credentials?: Record<string, unknown>) {
  const backend = await postrider.application({ retryDelays: [0] })
  await backend.eventType('a')
  const organizationId = await backend.organization()
  const { id } = await backend.destination({
    organizationId,
    connector,
    config,
    ...(credentials && { credentials }),
  })
  const deliver = async () => {
    const { deliveries } = await backend.publish({ organizationId, type: 'a', data: { n: 7 } })
    await backend.finished(deliveries[0]!.id)
    return deliveries[0]!.id
  }
  return { backend, id, deliver }
}
