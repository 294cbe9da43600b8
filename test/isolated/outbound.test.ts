import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test, vi } from 'vitest'
import { parseAllow } from '../../src/outbound/allow.ts'
import { createOutbound, type Outbound, OutboundRequestInvalid, type SendOptions } from '../../src/outbound/outbound.ts'
import { createPools } from '../../src/outbound/pools.ts'
import { createResolve } from '../../src/outbound/resolve.ts'
import { makeCertificate, trustCertificate } from '../support/certificate.ts'

const loopback = { allow: ['127.0.0.1/32'] }
const sendOptions: SendOptions = { poolKey: 'destination v1', timeoutMs: 5_000, httpsOnly: false }

test('A POST arrives byte for byte, with its headers and none added', async () => {
  await using receiver = await startReceiver(async (request, response) => {
    const body = await bytesOf(request)
    response.setHeader('x-answer', ['one', 'two'])
    response.end(`${request.method} ${request.url} ${body.toString('hex')} ${request.rawHeaders.join('|')}`)
  })
  await using outbound = createOutbound(loopback)
  const body = Buffer.from([0, 1, 0xff, 0xc3, 0xa9, 0x0a])
  const headers = { 'content-type': 'application/json', 'webhook-id': 'évt'.normalize() }
  const url = `${receiver.url}/hooks/a%20b?c=d#part`
  const result = await outbound.send({ method: 'POST', url, headers, body }, sendOptions)
  expect(result).toMatchObject({
    kind: 'response',
    statusCode: 200,
    truncated: false,
    body:
      `POST /hooks/a%20b?c=d 0001ffc3a90a host|127.0.0.1:${receiver.port}|connection|keep-alive` +
      '|content-type|application/json|webhook-id|évt|content-length|6',
  })
  expect(result).toHaveProperty('headers', expect.arrayContaining([['x-answer', 'one']]))
  expect(result).toHaveProperty('headers', expect.arrayContaining([['x-answer', 'two']]))
})

test('A text body arrives as UTF-8', async () => {
  await using receiver = await startReceiver(async (request, response) => {
    response.end(await bytesOf(request))
  })
  await using outbound = createOutbound(loopback)
  const result = await outbound.send({ ...post(receiver.url), body: '{"name":"Zoë 🐎"}' }, sendOptions)
  expect(result).toMatchObject({ body: '{"name":"Zoë 🐎"}', sizeBytes: 20 })
})

test.each([
  ['the empty body', Buffer.alloc(0), '', false],
  ['4,096 bytes whole', Buffer.alloc(4_096, 'a'), 'a'.repeat(4_096), false],
  ['4,096 of 4,097 bytes', Buffer.alloc(4_097, 'a'), 'a'.repeat(4_096), true],
  ['no half of a character of two bytes', Buffer.from(`${'a'.repeat(4_095)}é`), 'a'.repeat(4_095), true],
  ['no third of a character of three bytes', Buffer.from(`${'a'.repeat(4_094)}€`), 'a'.repeat(4_094), true],
  ['no part of a character of four bytes', Buffer.from(`${'a'.repeat(4_093)}🐎`), 'a'.repeat(4_093), true],
  ['a character that ends at the limit', Buffer.from(`${'a'.repeat(4_094)}éa`), `${'a'.repeat(4_094)}é`, true],
  ['broken UTF-8 and NUL replaced', Buffer.from([0x61, 0, 0xff, 0x62]), 'a\uFFFD\uFFFDb', false],
])('The record keeps %s', async (_, sent, kept, truncated) => {
  await using receiver = await startReceiver((_request, response) => response.end(sent))
  await using outbound = createOutbound(loopback)
  const result = await outbound.send(post(receiver.url), sendOptions)
  expect(result).toMatchObject({ kind: 'response', body: kept, truncated, sizeBytes: sent.length })
})

test('A body of 60 KiB is counted to its end, and its connection serves on', async () => {
  await using receiver = await startReceiver((_request, response) => response.end(Buffer.alloc(61_440, 'a')))
  await using outbound = createOutbound(loopback)
  for (let sent = 0; sent < 3; sent += 1) {
    const result = await outbound.send(post(receiver.url), sendOptions)
    expect(result).toMatchObject({ statusCode: 200, truncated: true, sizeBytes: 61_440 })
    await nextTurn()
  }
  expect(receiver.sockets).toHaveLength(1)
})

test('A body without end is cut, and what came first is kept', async () => {
  await using receiver = await startReceiver((_request, response) => {
    const flood = () => {
      while (response.writable && response.write(Buffer.alloc(65_536, 'a')));
    }
    response.on('drain', flood)
    flood()
  })
  await using outbound = createOutbound(loopback)
  const result = await outbound.send(post(receiver.url), sendOptions)
  expect(result).toMatchObject({ statusCode: 200, truncated: true, body: 'a'.repeat(4_096) })
  expect(result).toHaveProperty(
    'sizeBytes',
    expect.toSatisfy((size) => size > 65_536 && size < 200_000),
  )
  await closed(receiver.sockets[0]!)
})

test('A compressed body is kept as it came', async () => {
  await using receiver = await startReceiver((_request, response) => {
    response.setHeader('content-encoding', 'gzip')
    response.end('not inflated')
  })
  await using outbound = createOutbound(loopback)
  expect(await outbound.send(post(receiver.url), sendOptions)).toMatchObject({ body: 'not inflated' })
})

test('A bomb of zeros is neither inflated nor read to its end', async () => {
  const bomb = gzipSync(Buffer.alloc(200 * 1_048_576))
  await using receiver = await startReceiver((_request, response) => {
    response.setHeader('content-encoding', 'gzip')
    response.end(bomb)
  })
  await using outbound = createOutbound(loopback)
  const before = process.memoryUsage().rss
  const result = await outbound.send(post(receiver.url), sendOptions)
  expect(result).toMatchObject({ statusCode: 200, truncated: true })
  expect(result).toHaveProperty(
    'sizeBytes',
    expect.toSatisfy((size) => size < 200_000),
  )
  expect(process.memoryUsage().rss - before).toBeLessThan(20 * 1_048_576)
})

test('A body of a gigabyte is cut after what is kept of it', async () => {
  const { promise: sent, resolve } = Promise.withResolvers<number>()
  const chunk = 'x'.repeat(65_536)
  await using receiver = await startTcpReceiver((socket) => {
    socket.on('close', () => resolve(socket.bytesWritten))
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${2 ** 30}\r\n\r\n`)
      const pour = () => {
        while (socket.writable && socket.write(chunk));
      }
      socket.on('drain', pour)
      pour()
    })
  })
  await using outbound = createOutbound(loopback)
  expect(await outbound.send(post(receiver.url), sendOptions)).toMatchObject({ statusCode: 200, truncated: true })
  expect(await sent).toBeLessThan(16 * 1_048_576)
})

test('A redirect to an address inside reaches nothing there', async () => {
  await using inside = await startReceiver((_request, response) => response.end('secret'), { host: '127.0.0.2' })
  await using receiver = await startReceiver((_request, response) => {
    response.writeHead(307, { location: `${inside.url}/latest/meta-data` }).end()
  })
  await using outbound = createOutbound(loopback)
  expect(await outbound.send(post(receiver.url), sendOptions)).toMatchObject({ statusCode: 307, body: '' })
  expect(inside.sockets).toEqual([])
})

test('A redirect is an answer, and is not followed', async () => {
  const paths: string[] = []
  await using receiver = await startReceiver((request, response) => {
    paths.push(request.url!)
    response.writeHead(302, { location: '/elsewhere' }).end()
  })
  await using outbound = createOutbound(loopback)
  const result = await outbound.send(post(`${receiver.url}/here`), sendOptions)
  expect(result).toMatchObject({ kind: 'response', statusCode: 302 })
  expect(result).toHaveProperty('headers', expect.arrayContaining([['location', '/elsewhere']]))
  expect(paths).toEqual(['/here'])
})

const stallers: [what: string, play: (socket: Socket) => void][] = [
  ['never answers', () => {}],
  ['drips headers', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\n', 'x-a: b\r\n')],
  ['drips a body', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n', 'a')],
  ['drips interim answers', (socket) => drip(socket, '', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n')],
  ['stops in the middle of the body', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc')],
]

test.each(stallers)('A receiver that %s runs into the deadline', async (_, play) => {
  await using receiver = await startTcpReceiver((socket) => socket.once('data', () => play(socket)))
  await using outbound = createOutbound(loopback)
  const result = await outbound.send(post(receiver.url), { ...sendOptions, timeoutMs: 250 })
  expect(result).toMatchObject({ kind: 'failure', failure: 'TIMEOUT', message: 'No answer within 250 ms' })
  expect(result.durationMs).toBeGreaterThanOrEqual(249)
  await closed(receiver.sockets[0]!)
})

test('A flood of interim answers is cut before the deadline', async () => {
  const flood = 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(200)
  await using receiver = await startTcpReceiver((socket) => socket.once('data', () => socket.write(flood)))
  await using outbound = createOutbound(loopback)
  const result = await outbound.send(post(receiver.url), sendOptions)
  expect(result).toMatchObject({ failure: 'CONNECTION', message: expect.stringContaining('interim answers') })
  await closed(receiver.sockets[0]!)
})

test('A look-up without an answer runs into the deadline', async () => {
  await using outbound = createOutbound({ ...loopback, resolve: () => new Promise(() => {}) })
  const result = await outbound.send(post('http://silent.example/'), { ...sendOptions, timeoutMs: 100 })
  expect(result).toMatchObject({ failure: 'TIMEOUT' })
})

test('A TLS handshake without an answer runs into the deadline, and its socket is closed', async () => {
  await using receiver = await startTcpReceiver(() => {})
  await using outbound = createOutbound(loopback)
  const url = receiver.url.replace('http:', 'https:')
  const result = await outbound.send(post(url), { ...sendOptions, timeoutMs: 100 })
  expect(result).toMatchObject({ failure: 'TIMEOUT' })
  await closed(receiver.sockets[0]!)
})

test('What was cut while it waited for a connection is never sent', async () => {
  const received: string[] = []
  const { promise: opened, resolve: open } = Promise.withResolvers<string[]>()
  await using receiver = await startReceiver((request, response) => {
    received.push(request.url!)
    response.end()
  })
  await using outbound = createOutbound({ ...loopback, resolve: () => opened })
  const url = `http://receiver.example:${receiver.port}`
  const impatient = Array.from({ length: 70 }, () =>
    outbound.send(post(`${url}/impatient`), { ...sendOptions, timeoutMs: 50 }),
  )
  const patient = outbound.send(post(`${url}/patient`), sendOptions)
  for (const result of await Promise.all(impatient)) expect(result).toMatchObject({ failure: 'TIMEOUT' })
  open(['127.0.0.1'])
  expect(await patient).toMatchObject({ statusCode: 200 })
  expect(received).toEqual(['/patient'])
})

const breakers: [what: string, play: (socket: Socket) => void, message: string][] = [
  ['resets', (socket) => socket.resetAndDestroy(), 'Connection reset'],
  ['closes at once', (socket) => socket.end(), 'The connection was closed before the answer was complete'],
  [
    'closes within the body',
    (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'),
    'The connection was closed before the answer was complete',
  ],
  [
    'closes within a chunk',
    (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab'),
    'The connection was closed before the answer was complete',
  ],
  ['speaks another protocol', (socket) => socket.end('-ERR secret-banner redis\r\n'), 'The answer was not HTTP'],
  ['answers 100 unasked', (socket) => socket.write('HTTP/1.1 100 Continue\r\n\r\n'), 'The answer was not HTTP'],
  [
    'upgrades unasked',
    (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: a\r\n\r\n'),
    'The answer was not HTTP',
  ],
  [
    'sends endless headers',
    (socket) => socket.write(`HTTP/1.1 200 OK\r\n${'x-a: secret-banner\r\n'.repeat(2_000)}`),
    'The headers of the answer are too large',
  ],
]

test.each(breakers)('A receiver that %s is told in words of ours', async (_, play, message) => {
  await using receiver = await startTcpReceiver((socket) => socket.once('data', () => play(socket)))
  await using outbound = createOutbound(loopback)
  const result = await outbound.send(post(receiver.url), sendOptions)
  expect(result).toEqual({ kind: 'failure', failure: 'CONNECTION', message, durationMs: expect.any(Number) })
})

test('A refused connection is told without the address', async () => {
  const port = await unusedPort()
  await using outbound = createOutbound({ ...loopback, resolve: async () => ['127.0.0.1'] })
  const result = await outbound.send(post(`http://receiver.example:${port}/`), sendOptions)
  expect(result).toMatchObject({ failure: 'CONNECTION', message: 'Connection refused' })
})

test('A name that does not resolve is a DNS failure', async () => {
  const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND 10.0.0.53'), { code: 'ENOTFOUND' })
  await using rejecting = createOutbound({ allow: [], resolve: () => Promise.reject(unknown) })
  await using empty = createOutbound({ allow: [], resolve: async () => [] })
  for (const outbound of [rejecting, empty]) {
    const result = await outbound.send(post('https://nowhere.example/'), sendOptions)
    expect(result).toMatchObject({ failure: 'DNS', message: 'The name could not be resolved' })
  }
})

test('When the first address refuses, the next is tried', async () => {
  await using receiver = await startReceiver((_request, response) => response.end('second'))
  await using outbound = createOutbound({ allow: ['127.0.0.0/8'], resolve: async () => ['127.0.0.9', '127.0.0.1'] })
  const result = await outbound.send(post(`http://two.example:${receiver.port}/`), sendOptions)
  expect(result).toMatchObject({ body: 'second' })
})

test('The default look-up reads the hosts file', async () => {
  await using receiver = await startReceiver((_request, response) => response.end('here'))
  await using outbound = createOutbound({ allow: ['127.0.0.0/8', '::1/128'] })
  const result = await outbound.send(post(`http://localhost:${receiver.port}/`), sendOptions)
  expect(result).toMatchObject({ body: 'here' })
})

test('A name is asked about once, whoever asks, and a failure is remembered too', async () => {
  const asked: string[] = []
  const resolve = createResolve(async (hostname) => {
    asked.push(hostname)
    if (hostname === 'dead.example') throw new Error('ENOTFOUND')
    return ['192.0.2.1']
  })
  const { signal } = new AbortController()
  await Promise.all([resolve('a.example', signal), resolve('a.example', signal)])
  expect(await resolve('a.example', signal)).toEqual(['192.0.2.1'])
  await expect(resolve('dead.example', signal)).rejects.toThrow('ENOTFOUND')
  await expect(resolve('dead.example', signal)).rejects.toThrow('ENOTFOUND')
  expect(asked).toEqual(['a.example', 'dead.example'])
})

test.each(['127.0.0.1', '127.1', '0x7f000001', '2130706433', '0177.0.0.1', '[::ffff:127.0.0.1]', 'localhost'])(
  'Loopback as %s is refused without a connection',
  async (host) => {
    await using receiver = await startReceiver((_request, response) => response.end('internal'))
    await using outbound = createOutbound({ allow: [] })
    const result = await outbound.send(post(`http://${host}:${receiver.port}/`), sendOptions)
    expect(result).toMatchObject({ kind: 'failure', failure: 'URL_NOT_ALLOWED' })
    expect(receiver.sockets).toHaveLength(0)
  },
)

test.each([
  ['loopback', ['127.0.0.1']],
  ['loopback mapped into IPv6', ['::ffff:127.0.0.1']],
  ['a public and a loopback address', ['93.184.216.34', '127.0.0.1']],
  ['a loopback and a public address', ['127.0.0.1', '93.184.216.34']],
  ['an address with a zone id', ['fe80::1%lo']],
  ['something that is no address', ['localhost']],
])('A name that resolves to %s is refused without a connection', async (_, addresses) => {
  await using receiver = await startReceiver((_request, response) => response.end('internal'))
  await using outbound = createOutbound({ allow: [], resolve: async () => addresses })
  const result = await outbound.send(post(`http://rebind.example:${receiver.port}/`), sendOptions)
  expect(result).toMatchObject({
    failure: 'URL_NOT_ALLOWED',
    message: 'The host name resolves to a private or reserved address',
  })
  expect(receiver.sockets).toHaveLength(0)
})

test('A name that is rebound between two connections never reaches the second address', async () => {
  await using allowed = await startReceiver((_request, response) =>
    response.setHeader('connection', 'close').end('good'),
  )
  await using internal = await startReceiver((_request, response) => response.end('internal'), {
    host: '127.0.0.2',
    port: allowed.port,
  })
  let lookups = 0
  const resolve = async () => (lookups++ === 0 ? ['127.0.0.1'] : ['127.0.0.2'])
  await using outbound = createOutbound({ ...loopback, resolve })
  const url = `http://rebind.example:${allowed.port}/`
  expect(await outbound.send(post(url), sendOptions)).toMatchObject({ body: 'good' })
  expect(lookups).toBe(1)
  expect(await outbound.send(post(url), sendOptions)).toMatchObject({ failure: 'URL_NOT_ALLOWED' })
  expect(internal.sockets).toHaveLength(0)
})

test('A kept-alive connection needs no further look-up', async () => {
  let lookups = 0
  const resolve = async () => {
    lookups += 1
    return ['127.0.0.1']
  }
  await using receiver = await startReceiver((_request, response) => response.end())
  await using outbound = createOutbound({ ...loopback, resolve })
  for (let sent = 0; sent < 5; sent += 1) {
    await outbound.send(post(`http://receiver.example:${receiver.port}/`), sendOptions)
    await nextTurn()
  }
  expect(lookups).toBe(1)
  expect(receiver.sockets).toHaveLength(1)
})

test('Plain http is refused where https is required', async () => {
  await using outbound = createOutbound(loopback)
  const result = await outbound.send(post('http://127.0.0.1/'), { ...sendOptions, httpsOnly: true })
  expect(result).toMatchObject({ failure: 'URL_NOT_ALLOWED', message: 'The URL must begin with https://' })
  expect(outbound.urlProblem('http://127.0.0.1/', { httpsOnly: true })).toBe('The URL must begin with https://')
  expect(outbound.urlProblem('http://127.0.0.1/', { httpsOnly: false })).toBeUndefined()
})

test('Two pool keys never share a connection, one pool key does', async () => {
  await using receiver = await startReceiver((request, response) => response.end(String(request.socket.remotePort)))
  await using outbound = createOutbound(loopback)
  const portOf = async (poolKey: string) => {
    const result = await outbound.send(post(receiver.url), { ...sendOptions, poolKey })
    await nextTurn()
    return result.kind === 'response' ? result.body : result.message
  }
  const first = await portOf('tenant a')
  const other = await portOf('tenant b')
  expect(await portOf('tenant a')).toBe(first)
  expect(await portOf('tenant b')).toBe(other)
  expect(other).not.toBe(first)
  expect(receiver.sockets).toHaveLength(2)
})

test('One pool opens at most 64 connections, and what waits is sent too', async () => {
  let inFlight = 0
  let highest = 0
  await using receiver = await startReceiver((_request, response) => {
    inFlight += 1
    highest = Math.max(highest, inFlight)
    setImmediate(() => {
      inFlight -= 1
      response.end()
    })
  })
  await using outbound = createOutbound(loopback)
  const results = await Promise.all(Array.from({ length: 200 }, () => outbound.send(post(receiver.url), sendOptions)))
  expect(results.every((result) => result.kind === 'response')).toBe(true)
  expect(receiver.sockets.length).toBeLessThanOrEqual(64)
  expect(highest).toBeGreaterThan(1)
})

test('Pools are renewed when they are old, idle, or the longest unused of too many', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'performance'] })
  try {
    await using pools = createPools({ allow: parseAllow([]), resolve: async () => [], proxy: undefined })
    const laneOf = (poolKey: string) => {
      const lane = pools.take(poolKey, new URL('https://receiver.example/'), 1_000)
      pools.release(lane)
      return lane
    }
    const first = laneOf('a')
    vi.advanceTimersByTime(45_000)
    expect(laneOf('a')).toBe(first)
    vi.advanceTimersByTime(45_000)
    expect(laneOf('a')).toBe(first)
    vi.advanceTimersByTime(30_000)
    const aged = laneOf('a')
    expect(aged).not.toBe(first)
    vi.advanceTimersByTime(75_000)
    const idle = laneOf('a')
    expect(idle).not.toBe(aged)
    for (let other = 0; other < 999; other += 1) laneOf(`other ${other}`)
    expect(laneOf('a')).toBe(idle)
    for (let other = 0; other < 1_000; other += 1) laneOf(`another ${other}`)
    expect(laneOf('a')).not.toBe(idle)
  } finally {
    vi.useRealTimers()
  }
})

test('The signal cuts a request at once, whatever it waits for', async () => {
  await using silent = await startTcpReceiver(() => {})
  await using outbound = createOutbound({ ...loopback, resolve: () => new Promise(() => {}) })
  const stop = new AbortController()
  const urls = [silent.url, silent.url.replace('http:', 'https:'), 'http://silent.example/']
  const sending = urls.map((url) => outbound.send(post(url), { ...sendOptions, signal: stop.signal }))
  while (silent.sockets.length < 2) await once(silent.server, 'connection')
  stop.abort()
  for (const result of await Promise.all(sending)) {
    expect(result).toMatchObject({ kind: 'failure', failure: 'ABORTED' })
  }
  await Promise.all(silent.sockets.map(closed))
  expect(await outbound.send(post(silent.url), { ...sendOptions, signal: stop.signal })).toMatchObject({
    failure: 'ABORTED',
  })
})

test('Disposing cuts what is under way and closes every connection', async () => {
  await using receiver = await startReceiver((request, response) => {
    if (request.url !== '/hangs') response.end()
  })
  const outbound = createOutbound({ ...loopback, resolve: () => new Promise(() => {}) })
  await outbound.send(post(receiver.url), sendOptions)
  const hanging = outbound.send(post(`${receiver.url}/hangs`), { ...sendOptions, poolKey: 'another' })
  const lookingUp = outbound.send(post('http://silent.example/'), sendOptions)
  while (receiver.sockets.length < 2) await once(receiver.server, 'connection')
  await outbound[Symbol.asyncDispose]()
  expect(await hanging).toMatchObject({ failure: 'ABORTED' })
  expect(await lookingUp).toMatchObject({ failure: 'ABORTED' })
  await Promise.all(receiver.sockets.map(closed))
  expect(await outbound.send(post(receiver.url), sendOptions)).toMatchObject({ failure: 'ABORTED' })
})

test.each([
  ['a header with a line break', { method: 'POST', headers: { 'x-a': 'b\r\nx-c: d' } }],
  ['a header that is no token', { method: 'POST', headers: { 'x a': 'b' } }],
  ['a header beyond Latin-1', { method: 'POST', headers: { 'x-a': '→' } }],
  ['a Host header', { method: 'POST', headers: { Host: 'internal.example' } }],
  ['a Content-Length', { method: 'POST', headers: { 'content-length': '1' } }],
  ['a Transfer-Encoding', { method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } }],
  ['an Expect', { method: 'POST', headers: { expect: '100-continue' } }],
  ['CONNECT', { method: 'CONNECT', headers: {} }],
  ['no method', { method: 'GET /\r\n', headers: {} }],
])('A request with %s is refused, and does no harm to its pool', async (_, part) => {
  await using receiver = await startReceiver((_request, response) => response.end('served'))
  await using outbound = createOutbound(loopback)
  for (let sent = 0; sent < 70; sent += 1) {
    const sending = outbound.send({ url: receiver.url, ...part } as Parameters<Outbound['send']>[0], sendOptions)
    await expect(sending).rejects.toThrow(OutboundRequestInvalid)
  }
  expect(await outbound.send(post(receiver.url), sendOptions)).toMatchObject({ body: 'served' })
})

const certificates = {
  trusted: makeCertificate('DNS:receiver.example,IP:127.0.0.1'),
  stranger: makeCertificate('DNS:receiver.example,IP:127.0.0.1'),
}
const trust = trustCertificate(certificates.trusted)
afterAll(() => trust[Symbol.dispose]())

test("The certificate is checked against the URL's host, and the connection speaks HTTP/1.1", async () => {
  await using receiver = await startTlsReceiver('trusted')
  await using outbound = createOutbound({ ...loopback, resolve: async () => ['127.0.0.1'] })
  const options = { ...sendOptions, httpsOnly: true }
  const send = (host: string) => outbound.send(post(`https://${host}:${receiver.port}/`), options)
  expect(await send('receiver.example')).toMatchObject({ statusCode: 200, body: 'receiver.example 1.1' })
  await nextTurn()
  expect(await send('receiver.example')).toMatchObject({ statusCode: 200 })
  expect(receiver.sockets).toHaveLength(1)
  expect(await send('receiver.example.')).toMatchObject({ statusCode: 200, body: 'receiver.example 1.1' })
  expect(await send('127.0.0.1')).toMatchObject({ statusCode: 200, body: 'false 1.1' })
  expect(await send('other.example')).toMatchObject({
    failure: 'TLS',
    message: 'The certificate is not valid for this host (ERR_TLS_CERT_ALTNAME_INVALID)',
  })
})

test('A self-signed certificate is refused', async () => {
  await using receiver = await startTlsReceiver('stranger')
  await using outbound = createOutbound({ ...loopback, resolve: async () => ['127.0.0.1'] })
  const result = await outbound.send(post(`https://receiver.example:${receiver.port}/`), sendOptions)
  expect(result).toMatchObject({
    failure: 'TLS',
    message: 'The certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)',
  })
})

test('A receiver without TLS under an https URL is a TLS failure', async () => {
  await using receiver = await startReceiver((_request, response) => response.end())
  await using outbound = createOutbound(loopback)
  const result = await outbound.send(post(`https://127.0.0.1:${receiver.port}/`), sendOptions)
  expect(result).toMatchObject({
    failure: 'TLS',
    message: expect.stringMatching(/^The TLS connection could not be set up \(ERR_SSL_\w+\)$/),
  })
})

function post(url: string) {
  return { method: 'POST', url, headers: {}, body: '{}' }
}

interface Receiver extends AsyncDisposable {
  readonly server: Server
  readonly url: string
  readonly port: number
  /** Every connection ever accepted. */
  readonly sockets: Socket[]
}

interface ListenOptions {
  readonly host?: string
  readonly port?: number
}

function startReceiver(listener: RequestListener, options?: ListenOptions): Promise<Receiver> {
  return listen(createServer(listener), options)
}

function startTcpReceiver(onSocket: (socket: Socket) => void): Promise<Receiver> {
  return listen(createTcpServer(onSocket))
}

function startTlsReceiver(name: keyof typeof certificates): Promise<Receiver> {
  const server = createTlsServer(certificates[name], (request, response) => {
    const { servername } = request.socket as unknown as { servername: string | false }
    response.end(`${servername} ${request.httpVersion}`)
  })
  return listen(server)
}

async function listen(server: Server, { host = '127.0.0.1', port = 0 }: ListenOptions = {}): Promise<Receiver> {
  const sockets: Socket[] = []
  server.on('connection', (socket) => {
    socket.on('error', () => {})
    sockets.push(socket)
  })
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    server,
    sockets,
    port: address.port,
    url: `http://${host}:${address.port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await request.toArray())
}

async function closed(socket: Socket): Promise<void> {
  socket.resume()
  // events.once would reject at the reset that comes first.
  if (!socket.closed) await new Promise((resolve) => socket.on('close', resolve))
}

function drip(socket: Socket, first: string, rest: string): void {
  socket.write(first)
  const timer = setInterval(() => socket.write(rest), 20)
  socket.on('close', () => clearInterval(timer))
}

/** undici rests a connection for one turn of the event loop before it is used again. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function unusedPort(): Promise<number> {
  await using receiver = await startTcpReceiver(() => {})
  return receiver.port
}
