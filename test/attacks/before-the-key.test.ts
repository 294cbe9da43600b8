import { Transform } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { startPostgresProxy } from '../support/postgres-proxy.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { startProxy } from '../support/proxy.ts'
import { fetchRaw, sendRaw } from '../support/raw-request.ts'
import { openAcknowledged } from '../support/raw-socket.ts'
import { openWire, requestHead } from '../support/wire.ts'

// What a stranger's request may cost. Answers come while bodies are unfinished, so nothing of them was waited for.

const MB5 = 5 * 1_024 * 1_024
const JSON_TYPE = { 'content-type': 'application/json' }
const VIEWER = JSON.stringify({ query: '{ viewer { kind } }' })

let postrider: TestPostrider
let backend: Backend
beforeAll(async () => {
  postrider = await startTestPostrider()
  backend = await postrider.application()
})
afterAll(() => postrider[Symbol.asyncDispose]())
// Whatever a stranger did, others are served.
afterEach(async () => {
  expect(await sendRaw(backend.endpoint, '{ viewer { kind } }')).toMatchObject({ status: 200, codes: [] })
})

const opened: [method: string, path: string][] = [
  ['POST', '/graphql'],
  ['POST', '/api/webhooks-management'],
  ['PATCH', '/api/webhooks-management/dst_x'],
  ['DELETE', '/api/webhooks-management/dst_x'],
]
const keys: [what: string, headers: Record<string, string>][] = [
  ['no key', {}],
  ['a wrong key', { authorization: 'Bearer prk_wrong' }],
  ['a wrong token', { authorization: 'Bearer a.b.c' }],
]

describe.each(opened)('%s %s', (method, path) => {
  test.each(keys)('with %s is 401 while its body is unfinished, and the connection is closed', async (_, key) => {
    using wire = await openWire(postrider.url)
    wire.send(requestHead(method, path, { ...JSON_TYPE, ...key, 'content-length': MB5 }))
    wire.send('[[],[],')
    const answer = await wire.closed
    expect(answer).toMatch(/^HTTP\/1\.1 401 .*\r\nconnection: close\r\n/is)
    expect(answer).toContain(path === '/graphql' ? '"code":"UNAUTHENTICATED"' : '"status":401')
  })

  test('with no key is 401 when its body is of unknown length', async () => {
    using wire = await openWire(postrider.url)
    wire.send(requestHead(method, path, { ...JSON_TYPE, 'transfer-encoding': 'chunked' }))
    wire.send('7\r\n[[],[],\r\n')
    expect(await wire.closed).toMatch(/^HTTP\/1\.1 401 /)
  })

  test('with no key is 401, whatever the whole body is', async () => {
    for (const body of ['[[],', '', `${'['.repeat(40_000)}${']'.repeat(40_000)}`]) {
      using wire = await openWire(postrider.url)
      wire.send(requestHead(method, path, { ...JSON_TYPE, 'content-length': body.length }) + body)
      expect(await wire.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 401 /)
    }
  })
})

test('a refused caller may go on by the same connection once its request was finished', async () => {
  using wire = await openWire(postrider.url)
  wire.send(requestHead('POST', '/graphql', { ...JSON_TYPE, 'content-length': VIEWER.length }) + VIEWER)
  expect(await wire.until('UNAUTHENTICATED')).toMatch(/^HTTP\/1\.1 401 /)
  const authorization = `Bearer ${backend.endpoint.key}`
  wire.send(requestHead('POST', '/graphql', { ...JSON_TYPE, authorization, 'content-length': VIEWER.length }) + VIEWER)
  expect(await wire.until('"kind"')).toContain('HTTP/1.1 200 OK')
})

test('a connection on which nothing is wrong is kept, whatever is asked', async () => {
  using wire = await openWire(postrider.url)
  for (const path of ['/healthz', '/readyz', '/graphql', '/api/openapi.json', '/nowhere', '/']) {
    wire.send(requestHead('GET', path, {}))
  }
  wire.send(requestHead('HEAD', '/healthz', { connection: 'close' }))
  const answers = (await wire.closed).match(/HTTP\/1\.1 \d+/g)
  expect(answers).toEqual(['200', '200', '400', '200', '404', '302', '200'].map((status) => `HTTP/1.1 ${status}`))
})

test('with a key the same unfinished body is waited for', async () => {
  using wire = await openWire(postrider.url)
  const authorization = `Bearer ${backend.endpoint.key}`
  wire.send(requestHead('POST', '/graphql', { ...JSON_TYPE, authorization, 'content-length': VIEWER.length }))
  wire.send(VIEWER.slice(0, 10))
  expect(await sendRaw(backend.endpoint, '{ viewer { kind } }')).toMatchObject({ status: 200 })
  wire.send(VIEWER.slice(10))
  expect(await wire.until('"kind"')).toMatch(/^HTTP\/1\.1 200 /)
})

test('a key is looked up once a request', async () => {
  // Only the look-up of a key says this.
  await using watched = await startCounting('"isStale"')
  const { endpoint } = await watched.postrider.application()
  const lookUps = async (call: () => Promise<{ readonly status: number }>, status: number) => {
    const before = watched.count()
    for (let n = 0; n < 5; n += 1) expect((await call()).status).toBe(status)
    return watched.count() - before
  }
  const rest = (key: string) =>
    fetch(`${endpoint.url}/api/webhooks-management`, { headers: { authorization: `Bearer ${key}` } })
  expect(await lookUps(() => sendRaw(endpoint, '{ viewer { kind } }'), 200)).toBe(5)
  expect(await lookUps(() => sendRaw({ ...endpoint, key: 'prk_wrong' }, '{ viewer { kind } }'), 401)).toBe(5)
  expect(await lookUps(() => rest('prk_wrong'), 401)).toBe(5)
  expect(await lookUps(() => rest(endpoint.key), 422)).toBe(5)
})

describe('without a key', () => {
  test('an unknown path is 404 while its body is unfinished', async () => {
    for (const path of ['/nowhere', '/graphql/', '/graphiql/', '/healthz']) {
      using wire = await openWire(postrider.url)
      wire.send(`${requestHead('POST', path, { ...JSON_TYPE, 'content-length': MB5 })}[[],`)
      expect(await wire.closed).toMatch(/^HTTP\/1\.1 404 /)
    }
  })

  test('a body over 64 KB is read by no route', async () => {
    for (const path of ['/graphql', '/api/webhooks-management']) {
      const body = `[${'[],'.repeat(30_000)}1]`
      const answer = await fetch(`${postrider.url}${path}`, { method: 'OPTIONS', headers: JSON_TYPE, body })
      expect(answer.status).toBe(413)
    }
  })

  test('/listen takes any delivery, keeps nothing of it, and refuses what is no delivery', async () => {
    const send = (bytes: number) =>
      fetch(`${postrider.url}/listen`, { method: 'POST', headers: JSON_TYPE, body: '['.repeat(bytes) })
    expect((await send(0)).status).toBe(204)
    expect((await send(1_000_000)).status).toBe(204)
    using wire = await openWire(postrider.url)
    wire.send(requestHead('POST', '/listen', { 'content-length': 2 * MB5 }) + 'x'.repeat(1_100_000))
    expect(await wire.closed).toMatch(/^HTTP\/1\.1 413 /)
  })
})

test('what leaves in the middle of its request is in no log', async () => {
  const lines: string[] = []
  await using own = await startTestPostrider({}, { onLog: (line) => lines.push(line) })
  const { endpoint } = await own.application()
  for (const path of ['/listen', '/graphql', '/nowhere', '/api/webhooks-management']) {
    for (const authorization of ['', `Bearer ${endpoint.key}`]) {
      using wire = await openWire(own.url)
      wire.send(`${requestHead('POST', path, { ...JSON_TYPE, authorization, 'content-length': 1_000 })}{"a":`)
      // The server has read that much by the time it has answered another.
      await fetch(`${own.url}/healthz`)
    }
  }
  await sendRaw(endpoint, '{ viewer { kind } }')
  expect(lines).toEqual([])
})

describe('a connection', () => {
  let hasty: TestPostrider
  beforeAll(async () => {
    const connections = { headersMs: 300, requestMs: 900, keepAliveMs: 300, silenceMs: 3_000, checkEveryMs: 50 }
    hasty = await startTestPostrider({}, { tuning: { connections } })
  })
  afterAll(() => hasty[Symbol.asyncDispose]())

  const headers = () => ({ authorization: `Bearer ${backend.endpoint.key}`, ...JSON_TYPE, 'content-length': 1_000 })
  test.each<[what: string, sent: () => string, answer: RegExp]>([
    ['that sends nothing', () => '', /^HTTP\/1\.1 408 /],
    ['whose headers do not end', () => 'POST /graphql HTTP/1.1\r\nhost: x\r\na: ', /^HTTP\/1\.1 408 /],
    ['whose body does not end', () => requestHead('POST', '/listen', { 'content-length': 9 }), /^HTTP\/1\.1 408 /],
    ['whose headers are no HTTP', () => 'EHLO me\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'whose headers are too large',
      () => requestHead('GET', '/healthz', { a: 'x'.repeat(20_000) }),
      /^HTTP\/1\.1 431 /,
    ],
    ['that was answered and is idle', () => requestHead('GET', '/healthz', {}), /^HTTP\/1\.1 200 OK.*"ok"}$/s],
  ])('%s is closed', async (_, sent, answer) => {
    using wire = await openWire(hasty.url)
    wire.send(sent())
    const received = await wire.closed
    expect(received).toMatch(answer)
    expect(received).toMatch(/\r\nx-content-type-options: nosniff\r\n/)
  })

  test('with a key whose body does not end is closed, too', async () => {
    await using own = await startTestPostrider({}, { tuning: { connections: { requestMs: 900, checkEveryMs: 50 } } })
    const { endpoint } = await own.application()
    using wire = await openWire(own.url)
    wire.send(requestHead('POST', '/graphql', { ...headers(), authorization: `Bearer ${endpoint.key}` }))
    wire.send('{"query":')
    expect(await wire.closed).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('whose body drips is closed although it is never silent', async () => {
    using wire = await openWire(hasty.url)
    wire.send(requestHead('POST', '/listen', { 'content-length': 1_000 }))
    const drip = setInterval(() => wire.send('x'), 50)
    expect(await wire.closed).toMatch(/^HTTP\/1\.1 408 /)
    clearInterval(drip)
  })

  test('beyond POSTRIDER_MAX_CONNECTIONS is closed unanswered, and another is served when one has gone', async () => {
    await using full = await startTestPostrider({ POSTRIDER_MAX_CONNECTIONS: '10' })
    const wires = await Promise.all(Array.from({ length: 10 }, () => openWire(full.url)))
    const healthz = requestHead('GET', '/healthz', {})
    for (const wire of wires) wire.send(healthz)
    await Promise.all(wires.map((wire) => wire.until('"ok"')))
    using refused = await openWire(full.url)
    refused.send(healthz)
    expect(await refused.closed).toBe('')
    // Asked to, the server closes it.
    wires[0]!.send(requestHead('GET', '/healthz', { connection: 'close' }))
    await wires[0]!.closed
    using served = await openWire(full.url)
    served.send(healthz)
    await served.until('"ok"')
    for (const wire of wires) wire[Symbol.dispose]()
  })
})

describe('/readyz', () => {
  test('looks at the database at most once a second, however many ask', async () => {
    await using watched = await startCounting('transaction_read_only')
    const startedAt = performance.now()
    const ask = async () => expect((await fetch(`${watched.postrider.url}/readyz`)).status).toBe(200)
    for (let n = 0; n < 10; n += 1) await Promise.all(Array.from({ length: 20 }, ask))
    const seconds = (performance.now() - startedAt) / 1_000
    expect(watched.count()).toBeGreaterThanOrEqual(1)
    expect(watched.count()).toBeLessThanOrEqual(1 + seconds)
  })

  test("says of a database that is away nothing in Postgres's words, and the log has them", async () => {
    await using database = await createTestDatabase()
    await using proxy = await startProxy(database.url)
    const lines: string[] = []
    await using own = await startTestPostrider(
      { DATABASE_URL: proxy.url },
      { database, onLog: (line) => lines.push(line) },
    )
    proxy.cut()
    const answer = await fetch(`${own.url}/readyz`)
    expect([answer.status, await answer.text()]).toEqual([
      503,
      '{"status":"not ready","reason":"The database cannot be reached"}',
    ])
    expect(lines.some((line) => /ECONN|terminat|closed/i.test(line))).toBe(true)
  })
})

describe("a caller's mistake is BAD_USER_INPUT, and nothing of it is in the log", () => {
  const cyclic = (count: number) =>
    Array.from(
      { length: count },
      (_, i) => `fragment f${i} on Viewer { kind ...f${(i + 1) % count} ...f${(i + 2) % count} }`,
    )
  const sha256Hash = 'a'.repeat(64)

  test.each<[what: string, request: RequestInit & { query?: string }]>([
    ['a persisted query', post({ extensions: { persistedQuery: { version: 1, sha256Hash } } })],
    [
      'a persisted query with its text',
      post({ query: '{ viewer { kind } }', extensions: { persistedQuery: { version: 1, sha256Hash } } }),
    ],
    ['a persisted query by GET', get({ extensions: `{"persistedQuery":{"version":1,"sha256Hash":"${sha256Hash}"}}` })],
    ['a query twice', { method: 'GET', query: '?query=%7Ba%7D&query=%7Ba%7D' }],
    ['variables that are no JSON', get({ query: '{ viewer { kind } }', variables: '{' })],
    ['no query', post({ operationName: 'x' })],
    ['fragments in a circle of 140', post({ query: `{ viewer { ...f0 } } ${cyclic(140).join(' ')}` })],
    ['a variable named __proto__', { body: '{"query":"{ viewer { kind } }","variables":{"__proto__":{"x":1}}}' }],
    ['a type of content that is none', { body: VIEWER, headers: { 'content-type': ';;' } }],
    ['a path that decodes to nothing', { method: 'GET', query: '/%ff' }],
  ])('%s', async (_, request) => {
    const lines: string[] = []
    await using own = await startTestPostrider({}, { onLog: (line) => lines.push(line) })
    const { endpoint } = await own.application()
    const headers = { authorization: `Bearer ${endpoint.key}`, ...(request.headers as object) }
    const printed = listenToConsole()
    const answer = await fetchRaw(own.url, { ...request, headers })
    expect(printed.stop()).toEqual([])
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    for (const code of answer.codes)
      expect(['BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED', 'QUERY_TOO_COMPLEX']).toContain(code)
    expect(lines).toEqual([])
  })

  test('fragments in a circle of 140, over a socket', async () => {
    const lines: string[] = []
    await using own = await startTestPostrider({}, { onLog: (line) => lines.push(line) })
    const { endpoint } = await own.application()
    await using raw = await openAcknowledged(own.url, endpoint.key)
    const fragments = cyclic(140).join(' ').replaceAll('on Viewer { kind', 'on FeedCheckpoint { caughtUp')
    const query = `subscription { deliveryAttempts { ...f0 } } ${fragments}`
    raw.send({ id: '1', type: 'subscribe', payload: { query } })
    expect(await raw.next()).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
    expect(lines).toEqual([])
  })

  test('persisted queries are refused with 400 in the words that clients fall back on', async () => {
    const answer = await fetchRaw(postrider.url, {
      ...post({ extensions: { persistedQuery: { version: 1, sha256Hash } } }),
      headers: { authorization: `Bearer ${backend.endpoint.key}` },
    })
    expect(answer).toMatchObject({ status: 400, codes: ['BAD_USER_INPUT'], message: 'PersistedQueryNotSupported' })
  })

  test('a host that is none', async () => {
    const lines: string[] = []
    await using own = await startTestPostrider({}, { onLog: (line) => lines.push(line) })
    const { endpoint } = await own.application()
    for (const host of [']', '[', 'a b', 'a:b:c', '%', '']) {
      using wire = await openWire(own.url)
      const headers = { host, authorization: `Bearer ${endpoint.key}`, ...JSON_TYPE, 'content-length': VIEWER.length }
      wire.send(requestHead('POST', '/graphql', headers) + VIEWER)
      expect(await wire.until('\r\n\r\n')).toMatch(host === ']' ? /^HTTP\/1\.1 400 / : /^HTTP\/1\.1 (200|400) /)
    }
    expect(lines).toEqual([])
  })

  function post(body: object): RequestInit {
    return { body: JSON.stringify(body) }
  }

  function get(search: Record<string, string>) {
    return { method: 'GET', query: `?${new URLSearchParams(search)}` }
  }
})

/** Collects what is printed around the logger. */
function listenToConsole() {
  const said: unknown[] = []
  const names = ['log', 'info', 'warn', 'error', 'debug'] as const
  const kept = names.map((name) => [name, console[name]] as const)
  for (const name of names) console[name] = (...parts: unknown[]) => void said.push(parts)
  return {
    stop() {
      for (const [name, original] of kept) console[name] = original
      return said
    },
  }
}

/** A server whose statements are counted that have the text in them. */
async function startCounting(text: string) {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await createTestDatabase())
  let sent = ''
  const count = () => sent.split(text).length - 1
  const toServer = () =>
    new Transform({
      transform(chunk: Buffer, _, done) {
        sent += chunk.toString('latin1')
        done(null, chunk)
      },
    })
  const proxy = starting.use(await startPostgresProxy(database.url, { toServer }))
  const environment = { DATABASE_URL: proxy.url, POSTRIDER_PREPARED_STATEMENTS: 'off' }
  const own = starting.use(await startTestPostrider(environment, { database, role: 'api' }))
  const started = starting.move()
  return {
    postrider: own,
    count,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}
