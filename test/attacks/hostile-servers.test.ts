import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import rabbitmq from '../../plugins/rabbitmq/index.ts'
import redis from '../../plugins/redis/index.ts'
import smtp from '../../plugins/smtp/index.ts'
import { ConnectorCheckDocument } from '../../src/client/generated/documents.ts'
import { fuzzConnector } from '../fuzz/fuzz-connector.ts'
import { checkConnection } from '../support/broker-stage.ts'
import { type ConnectorSettings, stageConnector } from '../support/connector-stage.ts'
import { createBackend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { startProcess } from '../support/process.ts'

const log: string[] = []
let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider({}, { onLog: (line) => log.push(line) })
})
afterAll(() => postrider[Symbol.asyncDispose]())

const MB = 1_024 * 1_024

const settings = {
  redis: (port: number): ConnectorSettings => ({
    connector: 'redis',
    config: { host: '127.0.0.1', port, tls: false, stream: 'x' },
  }),
  rabbitmq: (port: number): ConnectorSettings => ({
    connector: 'rabbitmq',
    config: { host: '127.0.0.1', port, tls: false, routingKey: 'q' },
    credentials: { user: 'u', password: 'p-of-the-tests' },
  }),
  smtp: (port: number): ConnectorSettings => ({
    connector: 'smtp',
    config: { host: '127.0.0.1', port, security: 'none', from: 'a@example.com', to: ['b@example.com'] },
  }),
}

const u16 = (n: number) => Buffer.from([n >> 8, n & 0xff])
const u32 = (n: number) => Buffer.concat([u16(n >>> 16), u16(n & 0xffff)])
const longText = (text: string) => Buffer.concat([u32(text.length), Buffer.from(text)])
const shortText = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])
const frame = (channel: number, ...payload: Buffer[]) => {
  const whole = Buffer.concat(payload)
  return Buffer.concat([Buffer.from([1]), u16(channel), u32(whole.length), whole, Buffer.from([0xce])])
}
const begin = frame(0, u16(10), u16(10), u16(9), longText(''), longText('PLAIN'), longText('en_US'))
const tune = frame(0, u16(10), u16(30), u16(2_047), u32(131_072), u16(60))
const openOk = frame(0, u16(10), u16(41), Buffer.from([0]))
const close = (code: number, text: string) => frame(0, u16(10), u16(50), u16(code), shortText(text), u16(0), u16(0))

test.each([
  ['nothing as a push', '>1\r\n_\r\n'],
  ['a push without a name', '>2\r\n$9\r\nsubscribe\r\n_\r\n'],
])('a Redis that answers with %s is a setting at fault, and an attempt that is tried again', async (_, bytes) => {
  await using server = await startServer((socket) => socket.on('data', () => socket.write(bytes)))
  await expectRefused(settings.redis(server.port), 'The connection ended before Redis had answered')
})

test.each([
  ['shuts down', close(320, 'CONNECTION_FORCED - broker forced connection closure'), /closed|ended/i],
  ['is at a limit', close(530, 'NOT_ALLOWED - connection limit'), /NOT_ALLOWED - connection limit/],
  ['speaks on an unknown channel', frame(7, u16(20), u16(11), longText('')), /unknown channel/],
  ['speaks HTTP then', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /is port and TLS right/],
])(
  'a broker that %s in the packet of open-ok is a setting at fault, and an attempt that is tried again',
  async (_, bytes, said) => {
    await using server = await startServer((socket) => {
      const answers = [begin, Buffer.concat([tune, openOk, bytes])]
      socket.on('data', () => {
        const answer = answers.shift()
        if (answer) socket.write(answer)
      })
    })
    await expectRefused(settings.rabbitmq(server.port), said)
  },
)

const hugeFrame = Buffer.concat([Buffer.from([1, 0, 0]), u32(64 * MB - 10)])

test.each<[string, ConnectorSettings['connector'] & keyof typeof settings, Buffer, Buffer]>([
  ['a text of 1.5 GB', 'redis', Buffer.from('$1500000000\r\n'), Buffer.alloc(MB, 'a')],
  ['a line without end', 'redis', Buffer.from('+'), Buffer.alloc(MB, 'a')],
  ['a list of 100,000,000', 'redis', Buffer.from('*100000000\r\n'), Buffer.from(':1\r\n'.repeat(65_536))],
  ['frames of 64 MB', 'rabbitmq', hugeFrame, Buffer.alloc(65_536, 1)],
  ['a greeting without end', 'smtp', Buffer.from('220-'), Buffer.alloc(MB, 'a')],
])('%s of a server of %s is not read', async (_, key, head, chunk) => {
  const sockets: Socket[] = []
  await using server = await startServer((socket) => {
    sockets.push(socket)
    const go = () => flood(socket, head, chunk)
    if (key === 'smtp') go()
    else socket.once('data', go)
  })
  const { userErrors } = await checkConnection(postrider, settings[key](server.port))
  expect(userErrors).toHaveLength(1)
  await Promise.all(sockets.map((socket) => socket.destroyed || once(socket, 'close')))
  // The rest is in the buffers of the two kernels.
  for (const { bytesWritten, writableLength } of sockets) expect(bytesWritten - writableLength).toBeLessThan(16 * MB)
  await expectLives()
})

test.each([
  ['redis', redis],
  ['rabbitmq', rabbitmq],
  ['smtp', smtp],
])('%s bears hostile servers of 400 seeds', async (_, connector) => {
  const { problems, calls } = await fuzzConnector(connector, { seed: 1, calls: 200 })
  expect(problems).toEqual([])
  expect(calls).toBe(400)
})

test('the program as it is built lives through the push of nothing', async () => {
  await using server = await startServer((socket) => socket.on('data', () => socket.write('>1\r\n_\r\n')))
  await using program = await startProcess()
  const backend = await createBackend({ url: program.url, key: program.printed.operatorKey })
  const { connectorCheck } = await backend.send(ConnectorCheckDocument, { input: settings.redis(server.port) })
  expect(connectorCheck.userErrors).toEqual([
    expect.objectContaining({ message: expect.stringContaining('The connection ended before Redis had answered') }),
  ])
  expect((await fetch(`${program.url}/healthz`)).status).toBe(200)
})

async function expectRefused(given: ConnectorSettings, said: string | RegExp): Promise<void> {
  const { userErrors } = await checkConnection(postrider, given)
  expect(userErrors).toEqual([expect.objectContaining({ message: expect.stringMatching(said) })])
  const stage = await stageConnector(postrider, given)
  const { status, lastAttempt } = await stage.deliver({})
  expect(status).toBe('FAILED')
  expect(lastAttempt).toMatchObject({ outcome: 'RETRYABLE_FAILURE' })
  await expectLives()
}

/** None of them has ended so much as the thread of its connector. */
async function expectLives(): Promise<void> {
  expect((await fetch(`${postrider.url}/healthz`)).status).toBe(200)
  expect(log.filter((line) => /The thread of the connector/.test(line))).toEqual([])
}

function flood(socket: Socket, head: Buffer, chunk: Buffer): void {
  let left = 1_500 * MB
  const more = () => {
    while (left > 0 && socket.writable) {
      left -= chunk.length
      if (!socket.write(chunk)) return socket.once('drain', more)
    }
    return undefined
  }
  socket.write(head)
  more()
}

async function startServer(meet: (socket: Socket) => void): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    meet(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
