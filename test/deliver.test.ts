import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import path from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  AuditLogDocument,
  DeliveryDocument,
  DestinationDocument,
  DestinationPreviewDocument,
  DestinationTestDocument,
  DestinationUpdateDocument,
} from '../src/client/generated/documents.ts'
import { makeCertificate } from './support/certificate.ts'
import { startTestPostrider, type TestPostrider } from './support/postrider.ts'
import { startReceiver } from './support/receiver.ts'

// Connectors that deliver by themselves: what they do costs and concerns their own destination.

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider({}, { pluginsDir: path.join(import.meta.dirname, 'plugins') })
})
afterAll(() => postrider[Symbol.asyncDispose]())

test('what it built is recorded, with the last answer that it got, and its word decides', async () => {
  await using receiver = await startReceiver((_, n) => (response) => {
    response.writeHead(n === 2 ? 503 : 200, { 'x-n': n }).end(`answer ${n} for tok_of_the_bridge`)
  })
  const { backend, deliver } = await prepare('fetches', { url: receiver.url })
  const { delivery } = await backend.send(DeliveryDocument, { id: await deliver() })
  expect(receiver.requests).toHaveLength(4)
  expect(delivery).toMatchObject({ status: 'SUCCEEDED', attemptCount: 2 })
  expect(delivery!.lastAttempt).toMatchObject({
    outcome: 'SUCCESS',
    request: { method: 'PUBLISH', url: 'bridge://fetches' },
    response: { statusCode: 200, body: 'answer 4 for [redacted]' },
  })
  const names = delivery!.lastAttempt!.request!.headers.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['x-delivery', 'webhook-signature']))
  expect(delivery!.attempts.nodes.find((one) => one.number === 1)).toMatchObject({ errorMessage: 'It said 503' })
})

test.each([
  ['nonsense', Buffer.alloc(5_000, 0xff), '\uFFFD'.repeat(1_365)],
  ['letters of two bytes', 'é'.repeat(2_500), 'é'.repeat(2_048)],
])(
  'the size of an answer is that of the bytes that came, of which at most 4,096 are kept: %s',
  async (_, sent, body) => {
    await using receiver = await startReceiver(() => (response) => response.end(sent))
    const { backend, deliver } = await prepare('fetches', { url: receiver.url })
    const { delivery } = await backend.send(DeliveryDocument, { id: await deliver() })
    expect(delivery!.lastAttempt!.response).toEqual(
      expect.objectContaining({ sizeBytes: 5_000, truncated: true, body }),
    )
  },
)

test('it may say what the other side said, in words that give no credential away', async () => {
  await using receiver = await startReceiver()
  const { backend, deliver } = await prepare('fails', { url: receiver.url })
  const { delivery } = await backend.send(DeliveryDocument, { id: await deliver() })
  expect(delivery).toMatchObject({
    status: 'FAILED',
    attemptCount: 1,
    lastAttempt: { errorMessage: 'Not for [redacted]', response: { statusCode: 550, body: 'No such box' } },
  })
})

test('what it leaves to the host goes out by HTTP, and is read by classify', async () => {
  const { backend, deliver } = await prepare('leaves it')
  // No HTTP: its own URL says bridge:.
  const { delivery } = await backend.send(DeliveryDocument, { id: await deliver() })
  expect(delivery).toMatchObject({ status: 'FAILED', lastAttempt: { failureKind: 'URL_NOT_ALLOWED' } })
})

test.for([
  ['throws', 'CONNECTOR_ERROR', 'The connector could not deliver: the driver broke with [redacted]'],
  ['throws at once', 'CONNECTOR_ERROR', 'The connector could not deliver: before it began'],
  ['returns nonsense', 'CONNECTOR_ERROR', /^The connector could not deliver: deliver returned nonsense: kind: /],
  ['fetches_wrapped', 'CONNECTION', 'Connection refused'],
  ['connects', 'CONNECTION', 'Connection refused'],
  ['mutates', 'CONNECTOR_ERROR', /^The connector could not deliver: .*not extensible/],
] as const)(
  'one that %s costs its own destination an attempt, which is made again',
  async ([how, failureKind, message]) => {
    const { backend, deliver } = await prepare(how)
    const { delivery } = await backend.send(DeliveryDocument, { id: await deliver() })
    expect(delivery).toMatchObject({ status: 'FAILED', attemptCount: 2, lastAttempt: { failureKind } })
    expect(delivery!.lastAttempt!.errorMessage).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    )
  },
)

test('one that hangs is given up at the time limit, and keeps nobody waiting', async () => {
  await using receiver = await startReceiver()
  const hanging = await prepare('hangs on', {}, { timeoutMs: 1_000 })
  const others = await prepare('fetches', { url: receiver.url })
  const { deliveries } = await hanging.publish()
  await others.deliver()
  const { delivery: still } = await hanging.backend.send(DeliveryDocument, { id: deliveries[0]!.id })
  expect(still!.status).toBe('PENDING')
  await hanging.backend.finished(deliveries[0]!.id)
  const { delivery } = await hanging.backend.send(DeliveryDocument, { id: deliveries[0]!.id })
  expect(delivery).toMatchObject({
    attemptCount: 2,
    lastAttempt: { failureKind: 'TIMEOUT', errorMessage: 'No answer within 1,000 ms' },
  })
})

test('what it is told to disable is disabled, what is to be removed is gone, but not by a test', async () => {
  const disabled = await prepare('disables')
  await disabled.deliver()
  const { destination } = await disabled.backend.send(DestinationDocument, { id: disabled.id })
  expect(destination).toMatchObject({ health: 'DISABLED', disabledReason: 'CREDENTIALS_REJECTED' })

  const { backend, id, deliver } = await prepare('removes')
  await backend.send(DestinationTestDocument, { input: { id, eventType: 'a', data: { n: 1 } } })
  expect((await backend.send(DestinationDocument, { id })).destination).not.toBeNull()
  const deliveryId = await deliver()
  expect((await backend.send(DestinationDocument, { id })).destination).toBeNull()
  expect((await backend.send(DeliveryDocument, { id: deliveryId })).delivery).toMatchObject({ status: 'FAILED' })
  const { auditLog } = await backend.send(AuditLogDocument, { filter: { objectId: id } })
  expect(auditLog.nodes[0]).toMatchObject({ action: 'DESTINATION_DELETED', actorKind: null })
})

test('a preview shows what it would send', async () => {
  const { backend, id } = await prepare('throws')
  const input = { destinationId: id, eventType: 'a', data: { n: 3 } }
  const { destinationPreview } = await backend.send(DestinationPreviewDocument, { input })
  expect(destinationPreview.request).toMatchObject({ method: 'PUBLISH', url: 'bridge://throws' })
})

test("a destination has the service's rate at most", async () => {
  const { backend, id } = await prepare('throws')
  const rate = async () => (await backend.send(DestinationDocument, { id })).destination!.rateLimit
  expect(await rate()).toBe(500)
  await backend.send(DestinationUpdateDocument, { input: { id, rateLimit: 20 } })
  expect(await rate()).toBe(20)
  await backend.send(DestinationUpdateDocument, { input: { id, rateLimit: 600 } })
  expect(await rate()).toBe(500)
  await backend.send(DestinationUpdateDocument, { input: { id, rateLimit: null } })
  expect(await rate()).toBe(500)
})

describe('a socket', () => {
  test('carries what speaks no HTTP', async () => {
    await using broker = await startBroker()
    const { backend, deliver } = await prepare('connects', { port: broker.port })
    const { delivery } = await backend.send(DeliveryDocument, { id: await deliver() })
    expect(delivery!.status).toBe('SUCCEEDED')
    expect(JSON.parse(broker.lines[0]!)).toMatchObject({ type: 'a', data: { n: 7 } })
  })

  test.for(['10.0.0.1', 'db.internal', 'database', '::1'])('to %s is refused', async (hostname) => {
    const { backend, deliver } = await prepare('connects', { port: 5432, hostname })
    const { delivery } = await backend.send(DeliveryDocument, { id: await deliver() })
    expect(delivery!.lastAttempt).toMatchObject({ failureKind: 'URL_NOT_ALLOWED', response: null })
  })

  test('is not opened to a certificate that nobody has signed', async () => {
    const { key, cert } = makeCertificate('IP:127.0.0.1')
    const server = createTlsServer({ key, cert }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { backend, deliver } = await prepare('connects by TLS', { port })
    const { delivery } = await backend.send(DeliveryDocument, { id: await deliver() })
    expect(delivery!.lastAttempt).toMatchObject({
      failureKind: 'TLS',
      errorMessage: expect.stringContaining('self-signed'),
    })
    server.close()
  })

  test('is shared by the deliveries of a destination, and opened anew when it broke or the settings changed', async () => {
    await using broker = await startBroker()
    const { backend, id, publish, deliver } = await prepare('shares', { port: broker.port })
    const sent = await Promise.all(Array.from({ length: 20 }, () => publish()))
    await Promise.all(sent.map(({ deliveries }) => backend.finished(deliveries[0]!.id)))
    await broker.line(20)
    expect(broker.opened).toBe(1)

    await broker.cut()
    await deliver()
    await broker.line(21)
    expect(broker.opened).toBe(2)

    const config = { how: 'shares', port: broker.port, tags: ['another'] }
    await backend.send(DestinationUpdateDocument, { input: { id, config } })
    await deliver()
    await broker.line(22)
    expect(broker.opened).toBe(3)
  })
})

test('what it remembers is made once, however many deliveries ask at a time, and again after it failed', async () => {
  let made = 0
  await using receiver = await startReceiver(() => (response) => {
    made += 1
    if (made === 1) response.destroy()
    else response.end(`thread-${made}`)
  })
  const { backend, publish } = await prepare('remembers', { url: receiver.url })
  const sent = await Promise.all(Array.from({ length: 10 }, () => publish()))
  const bodies = await Promise.all(
    sent.map(async ({ deliveries }) => {
      await backend.finished(deliveries[0]!.id)
      const { delivery } = await backend.send(DeliveryDocument, { id: deliveries[0]!.id })
      return delivery!.lastAttempt!.response!.body
    }),
  )
  expect(new Set(bodies)).toEqual(new Set(['7 in thread-2']))
  expect(receiver.requests).toHaveLength(2)
})

async function prepare(how: string, config: Record<string, unknown> = {}, profile = {}) {
  const backend = await postrider.application({ retryDelays: [0], ...profile })
  await backend.eventType('a')
  const organizationId = await backend.organization()
  const { id } = await backend.destination({ organizationId, connector: 'bridge', config: { how, ...config } })
  const publish = () => backend.publish({ organizationId, type: 'a', data: { n: 7 } })
  const deliver = async () => {
    const { deliveries } = await publish()
    await backend.finished(deliveries[0]!.id)
    return deliveries[0]!.id
  }
  return { backend, id, publish, deliver }
}

/** Something that takes lines over TCP. */
async function startBroker() {
  const lines: string[] = []
  const sockets = new Set<Socket>()
  const waiting: (() => void)[] = []
  let opened = 0
  const server: Server = createServer((socket) => {
    opened += 1
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
    let rest = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const all = (rest + chunk).split('\n')
      rest = all.pop()!
      lines.push(...all)
      for (const look of waiting) look()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    lines,
    get opened() {
      return opened
    },
    line: (n: number) =>
      new Promise<void>((resolve) => {
        const look = () => lines.length >= n && resolve()
        waiting.push(look)
        look()
      }),
    /** Resolves when the other side has seen it. */
    async cut() {
      await Promise.all(
        [...sockets].map(async (socket) => {
          socket.end()
          await once(socket, 'close')
        }),
      )
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
