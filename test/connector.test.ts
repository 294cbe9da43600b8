import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ConnectorsDocument,
  DeliveryDocument,
  DestinationDocument,
  DestinationPreviewDocument,
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
    lastAttempt: { errorMessage: 'Not wanted: ', outcome: 'PERMANENT_FAILURE' },
  })
  expect(await last()).toMatchObject({
    lastAttempt: { failureKind: 'CREDENTIALS_REJECTED', errorMessage: 'Bad token' },
  })
  expect((await backend.send(DestinationDocument, { id })).destination).toMatchObject({
    health: 'DISABLED',
    disabledReason: 'CREDENTIALS_REJECTED',
  })
})

test.for([
  'throws',
  'returns nothing',
  'returns a promise',
  'a bad header',
  'a header that is a number',
  'a body that is an object',
])('a connector that builds no request (%s) fails its own delivery at once, with the reason', async (how) => {
  const { backend, deliver } = await prepare('thrower', { how })
  const { delivery } = await backend.send(DeliveryDocument, { id: await deliver() })
  expect(delivery).toMatchObject({
    status: 'FAILED',
    attemptCount: 1,
    lastAttempt: { failureKind: 'CONNECTOR_ERROR', request: null },
  })
  expect(delivery!.lastAttempt!.errorMessage).toMatch(/^The connector built no request that can be sent: .{8}/)
})

test.for([
  ['a NUL in the body', 'SUCCEEDED', null],
  ['half a character in the body', 'SUCCEEDED', null],
  ['an unknown verdict', 'FAILED', /classify returned nonsense: kind/],
  ['a verdict later', 'FAILED', /classify returned a promise/],
  ['a NUL in the reason', 'FAILED', /bad \uFFFD bytes/],
  ['half a character in the reason', 'FAILED', /bad \uFFFD half/],
  ['a reason that is no text', 'FAILED', /classify returned nonsense: reason/],
  ['a delay that is no number', 'FAILED', /classify returned nonsense: afterMs/],
] as const)('%s is recorded, and sent as often as the schedule says', async ([how, status, message]) => {
  await using receiver = await startReceiver((request) => (response) => {
    response.writeHead(200, { 'x-how': String(request.headers['x-how']) }).end()
  })
  const { backend, deliver } = await prepare('thrower', { how, url: receiver.url })
  const { delivery } = await backend.send(DeliveryDocument, { id: await deliver() })
  expect(delivery!.status).toBe(status)
  expect(delivery!.lastAttempt!.request).not.toBeNull()
  if (message) expect(delivery!.lastAttempt!.errorMessage).toMatch(message)
  expect(receiver.requests).toHaveLength(delivery!.attemptCount)
  expect(delivery!.attemptCount).toBeLessThanOrEqual(2)
})

test('a credential stands in no record in any of the forms in which it travels', async () => {
  const token = 'tok/1+2 "3"=é'
  await using receiver = await startReceiver(() => (response) => response.writeHead(400).end(`no: ${token}`))
  const { backend, deliver } = await prepare('pager', { url: receiver.url }, { token: `${token}`, pin: 'tok/1' })
  const { delivery } = await backend.send(DeliveryDocument, { id: await deliver() })
  const { request } = delivery!.lastAttempt!
  expect(request!.url).toBe(`${receiver.url}?token=[redacted]`)
  expect(request!.headers.filter((header) => header.redacted).map((header) => header.name)).toEqual([
    'authorization',
    'x-token',
    'x-basic',
    'x-pin',
  ])
  expect(JSON.parse(request!.body!).token).toBe('[redacted]')
  expect(delivery!.lastAttempt!.errorMessage).toBe('Not wanted: no: [redacted]')
})

test('of a secret URL no part stands in a record, whichever a receiver shows', async () => {
  const token = 'T0123456789-abcdefghij'
  await using receiver = await startReceiver(
    (request) => (response) => response.writeHead(400).end(`unknown ${request.path.split('/')[2]}`),
  )
  const { backend, deliver } = await prepare('hook', {}, { url: `${receiver.url}/${token}?sig=${token}2` })
  const { delivery } = await backend.send(DeliveryDocument, { id: await deliver() })
  expect(delivery!.lastAttempt).toMatchObject({
    request: { url: '[redacted]' },
    response: { body: 'unknown [redacted]?sig=[redacted]' },
  })
})

test('a secret URL that the guard would not call is refused when it is saved, and previews show none', async () => {
  await using receiver = await startReceiver()
  await expect(prepare('hook', {}, { url: 'http://10.0.0.1/hook' })).rejects.toThrow(/URL_NOT_ALLOWED/)
  const { backend, id } = await prepare('hook', {}, { url: receiver.url })
  const preview = async (input: object) => {
    const sent = await backend.send(DestinationPreviewDocument, { input: { eventType: 'a', data: {}, ...input } })
    return sent.destinationPreview.request?.url
  }
  expect(await preview({ destinationId: id })).toBe('[redacted]')
  expect(await preview({ connector: 'hook', config: {} })).toBe('[redacted]')
  expect(await preview({ connector: 'hook', config: {}, credentials: { url: receiver.url } })).toBe('[redacted]')
})

test('secrets that do not open hold up their own destination, and no other', async () => {
  await using receiver = await startReceiver()
  const closed = await prepare('pager', { url: receiver.url }, { token: TOKEN })
  const { idToUuid } = await import('../src/domain/id.ts')
  await postrider.database.query("update destination set credentials = 'v1.gone.AAAA.AAAA' where id = $1", [
    idToUuid(closed.id as `dst_${string}`),
  ])
  const { deliveries } = await closed.publish()
  const open = await prepare('pager', { url: receiver.url }, { token: 'tok_of_the_others' })
  await open.deliver()
  expect(receiver.requests.map((request) => request.headers['x-token'])).toEqual(['tok_of_the_others'])
  const { delivery } = await closed.backend.send(DeliveryDocument, { id: deliveries[0]!.id })
  expect(delivery).toMatchObject({ status: 'PENDING', attemptCount: 0 })
})

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
  const publish = () => backend.publish({ organizationId, type: 'a', data: { n: 7 } })
  const deliver = async () => {
    const { deliveries } = await publish()
    await backend.finished(deliveries[0]!.id)
    return deliveries[0]!.id
  }
  return { backend, id, publish, deliver }
}
