import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { startTestPostrider } from '../support/postrider.ts'
import { startProxy } from '../support/proxy.ts'
import { startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

test.concurrent('stopping lets what is in flight finish, and leaves nothing half-settled', async () => {
  await using database = await createTestDatabase()
  const release = Promise.withResolvers<void>()
  await using receiver = await startReceiver(() => (response) => void release.promise.then(() => response.end()))
  const postrider = await startTestPostrider({}, { database })
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  await backend.publish({ organizationId, type: 'a', data: {} })
  await receiver.request(1)
  const stopping = postrider[Symbol.asyncDispose]()
  release.resolve()
  await stopping
  expect(await database.query('select status, attempt_count from delivery')).toEqual([
    { status: 'SUCCEEDED', attempt_count: 1 },
  ])
  expect(await database.query('select id from pgboss.job')).toEqual([])
})

test.concurrent('an attempt that is cut off by stopping does not count, and the next process makes it', async () => {
  await using database = await createTestDatabase()
  await using receiver = await startReceiver((_, n) => (n === 1 ? () => undefined : 200))
  const first = await startTestPostrider({}, { database })
  const backend = await first.application()
  const { organizationId } = await backend.hook(receiver.url)
  await backend.publish({ organizationId, type: 'a', data: {} })
  await receiver.request(1)
  await first[Symbol.asyncDispose]()
  expect(await database.query('select status, attempt_count from delivery')).toEqual([
    { status: 'PENDING', attempt_count: 0 },
  ])
  expect(await database.query('select number from delivery_attempt')).toEqual([])

  await using _second = await startTestPostrider({}, { database })
  await receiver.request(2)
}, 120_000)

test.concurrent('neither a socket that ignores its closing nor a request that never ends delays a stop', async () => {
  const postrider = await startTestPostrider()
  const { endpoint } = await postrider.application()
  const port = Number(new URL(postrider.url).port)
  const deaf = await connectRaw(
    port,
    'GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n' +
      'sec-websocket-protocol: graphql-transport-ws\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await once(deaf, 'data')
  const endless = await connectRaw(
    port,
    `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${endpoint.key}\r\ncontent-type: application/json\r\n` +
      'expect: 100-continue\r\ncontent-length: 1000\r\n\r\n',
  )
  await once(endless, 'data')
  // While both are open.
  await postrider[Symbol.asyncDispose]()
  deaf.destroy()
  endless.destroy()
})

test.concurrent('a call that comes in on an open connection during a stop is told to come again', async () => {
  const postrider = await startTestPostrider()
  const { endpoint } = await postrider.application()
  const port = Number(new URL(postrider.url).port)
  const body = JSON.stringify({ query: '{ viewer { kind } }' })
  const head =
    `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${endpoint.key}\r\n` +
    `content-type: application/json\r\ncontent-length: ${body.length}\r\n`
  const socket = await connectRaw(port, `${head}expect: 100-continue\r\n\r\n`)
  await once(socket, 'data')
  const stopping = postrider[Symbol.asyncDispose]()
  await until(async () => !(await isListening(port)))
  // The first call ends now, and the second comes right behind it.
  socket.write(`${body}${head}\r\n${body}`)
  const answers = Buffer.concat(await socket.toArray()).toString()
  expect(answers).toMatch(/^HTTP\/1.1 200 .*"kind":"APPLICATION".*HTTP\/1.1 503 .*"code":"UNAVAILABLE"/s)
  await stopping
})

test.concurrent('a stop while Postgres is away does not wait for it', async () => {
  await using database = await createTestDatabase()
  await using proxy = await startProxy(database.url)
  const release = Promise.withResolvers<void>()
  await using receiver = await startReceiver(() => (response) => void release.promise.then(() => response.end()))
  const postrider = await startTestPostrider({ DATABASE_URL: proxy.url }, { database })
  const backend = await postrider.application()
  const { organizationId } = await backend.hook(receiver.url)
  await backend.publish({ organizationId, type: 'a', data: {} })
  await receiver.request(1)
  proxy.cut()
  release.resolve()
  await postrider[Symbol.asyncDispose]()
}, 120_000)

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isOpen = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return isOpen
}

async function connectRaw(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(text)
  return socket
}
