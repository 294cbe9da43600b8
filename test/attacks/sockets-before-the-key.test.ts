import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { openAcknowledged, openRawSocket } from '../support/raw-socket.ts'
import { until } from '../support/until.ts'

// What a stranger's socket may cost, before it has shown a key.

const MAX_UNACKNOWLEDGED = 3
const CLOSED_BY_THE_SERVER = 1006
const FEED = 'subscription ($filter: DeliveryAttemptFilter) { deliveryAttempts(filter: $filter) { cursor } }'

let postrider: TestPostrider
let backend: Backend
beforeAll(async () => {
  postrider = await startTestPostrider({}, { tuning: { connections: { maxUnacknowledged: MAX_UNACKNOWLEDGED } } })
  backend = await postrider.application()
})
afterAll(() => postrider[Symbol.asyncDispose]())
// Whatever a stranger did, others are let in.
afterEach(async () => {
  await until(async () => (await tryToOpen()) !== 503)
  await using raw = await openAcknowledged(postrider.url, backend.endpoint.key)
  raw.send({ type: 'ping' })
  expect((await raw.next()).type).toBe('pong')
})

const init = (padding: string) => ({
  type: 'connection_init',
  payload: { authorization: `Bearer ${backend.endpoint.key}`, padding },
})

test('a message over 8 KB closes the socket, also with a key in it', async () => {
  const raw = await openRawSocket(postrider.url)
  raw.send(init('x'.repeat(8 * 1_024)))
  expect(await raw.closed).toBe(1009)
})

test('a message of a megabyte is not read to its end', async () => {
  const raw = await openRawSocket(postrider.url)
  raw.socket.on('error', () => undefined)
  raw.send(init('x'.repeat(1_024 * 1_024)))
  expect([1009, CLOSED_BY_THE_SERVER]).toContain(await raw.closed)
})

test('a connection_init of 7 KB is let in, and from then on a message of 200 KB is taken', async () => {
  await using raw = await openRawSocket(postrider.url)
  raw.send(init('x'.repeat(7 * 1_024)))
  expect(await raw.next()).toEqual({ type: 'connection_ack' })
  const variables = { filter: { eventTypes: ['x'.repeat(200 * 1_024)] } }
  raw.send({ id: '1', type: 'subscribe', payload: { query: FEED, variables } })
  expect(await raw.next()).toMatchObject({ id: '1', type: 'next' })
})

test('many small messages are as good as a large one: the socket is cut', async () => {
  const raw = await openRawSocket(postrider.url)
  raw.socket.on('error', () => undefined)
  for (let n = 0; n < 40; n += 1) raw.send({ type: 'ping', payload: { padding: 'x'.repeat(500) } })
  expect(await raw.closed).toBe(CLOSED_BY_THE_SERVER)
})

test('what is no WebSocket frame closes the socket, and prints nothing', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const raw = await openRawSocket(postrider.url)
  const { _socket: wire } = raw.socket as unknown as { _socket: Socket }
  wire.write(Buffer.from([0xff, 0xff, 0xff, 0xff]))
  expect(await raw.closed).toBe(1002)
  expect(printed.mock.calls).toEqual([])
  printed.mockRestore()
})

test('only so many sockets wait to show their key: one more is 503 until one was let in or has gone', async () => {
  const [first, second, third] = await Promise.all(Array.from({ length: 3 }, () => openRawSocket(postrider.url)))
  expect(await tryToOpen()).toBe(503)
  first!.send(init(''))
  expect(await first!.next()).toEqual({ type: 'connection_ack' })
  const fourth = await openRawSocket(postrider.url)
  expect(await tryToOpen()).toBe(503)
  second!.socket.terminate()
  await until(async () => (await tryToOpen()) !== 503)
  // Those that were let in are not counted.
  first!.send({ type: 'ping' })
  expect((await first!.next()).type).toBe('pong')
  for (const raw of [first, third, fourth]) raw!.socket.terminate()
})

/** The HTTP status of a handshake; 101 when it is let in, and then goes at once. */
async function tryToOpen(): Promise<number> {
  const socket = new WebSocket(`${postrider.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  socket.on('error', () => undefined)
  const answered = Promise.withResolvers<number>()
  socket.once('upgrade', () => answered.resolve(101))
  socket.once('unexpected-response', (_, response: IncomingMessage) => {
    expect(response.headers['retry-after']).toBe('1')
    answered.resolve(response.statusCode!)
  })
  const status = await answered.promise
  if (status === 101) {
    if (socket.readyState !== WebSocket.OPEN) await once(socket, 'open')
    socket.close()
    await once(socket, 'close')
  } else socket.terminate()
  return status
}
