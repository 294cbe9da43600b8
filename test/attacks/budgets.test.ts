import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Endpoint } from '../../src/client/request.ts'
import { openSession } from '../support/customer.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'
import { sendRaw } from '../support/raw-request.ts'
import { openAcknowledged, openRawSocket } from '../support/raw-socket.ts'
import { startReceiver } from '../support/receiver.ts'
import { watchStatements } from '../support/watch-statements.ts'

// How much a customer may take of the process, and that others are served meanwhile.

type Session = Endpoint & { key: string }

const CHEAP = '{ viewer { kind } }'
/** Costs 201. */
const LIST = '{ destinations(first: 100) { nodes { organization { id } } } }'
const SUBSCRIPTION = 'subscription { deliveryAttempts { cursor } }'

const subscribe = (id: string) => ({ id, type: 'subscribe', payload: { query: SUBSCRIPTION } })
const codeOf = (payload: unknown) => (payload as { extensions: { code: string } }[])[0]!.extensions.code

describe('cost', () => {
  let postrider: TestPostrider
  let backend: Backend
  let session: Session
  let organizationId: string
  beforeAll(async () => {
    // Refilled so slowly that a machine that stands still for seconds changes nothing.
    const limits = 'SESSION_COST=1000,ORGANIZATION_COST=2000,APPLICATION_COST=2000'
    postrider = await startTestPostrider({ POSTRIDER_LIMITS: limits })
  })
  afterAll(() => postrider[Symbol.asyncDispose]())
  async function stage() {
    backend = await postrider.application()
    organizationId = await backend.organization()
    session = await openSession(backend, organizationId)
  }

  test('that a session has used up is refused with the seconds to wait; others go on', async () => {
    await stage()
    const answers = await Promise.all(Array.from({ length: 12 }, () => sendRaw(session, LIST)))
    const refused = answers.filter(({ codes }) => codes[0] === 'RATE_LIMITED')
    expect(refused.length).toBeGreaterThanOrEqual(5)
    expect(refused.length).toBeLessThan(12)
    for (const { status, headers, message } of refused) {
      expect([status, Number(headers.get('retry-after')) >= 1]).toEqual([429, true])
      expect(message).toMatch(/^More than 1000 within 10 s \(SESSION_COST\); wait \d+ s$/)
    }
    expect((await sendRaw(await openSession(backend, organizationId), CHEAP)).codes).toEqual([])
    const other = await openSession(backend, await backend.organization('other'))
    expect((await sendRaw(other, LIST)).codes).toEqual([])
    expect((await sendRaw(backend.endpoint, CHEAP)).codes).toEqual([])
  })

  test('counts for the organization, whatever number of sessions it has', async () => {
    await stage()
    const sessions = await Promise.all([1, 2, 3, 4].map(() => openSession(backend, organizationId)))
    const answers = await Promise.all([...sessions, ...sessions, ...sessions].map((one) => sendRaw(one, LIST)))
    const refused = answers.filter(({ codes }) => codes[0] === 'RATE_LIMITED')
    expect(refused.length).toBeGreaterThanOrEqual(3)
    expect(refused.some(({ message }) => message.includes('ORGANIZATION_COST'))).toBe(true)
  })

  test('counts what cannot be read', async () => {
    await stage()
    const broken = await Promise.all(Array.from({ length: 150 }, () => sendRaw(session, '{ nothing }')))
    expect(broken.map(({ codes }) => codes[0])).toContain('RATE_LIMITED')
  })

  test('holds over REST too', async () => {
    await stage()
    const ask = () =>
      fetch(`${postrider.url}/api/webhooks-management`, { headers: { authorization: `Bearer ${session.key}` } })
    const answers = await Promise.all(Array.from({ length: 30 }, ask))
    const refused = answers.find(({ status }) => status === 429)!
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  })

  test('does not count for publishing', async () => {
    await stage()
    await backend.eventType('a')
    const asked = await Promise.all(Array.from({ length: 20 }, () => sendRaw(backend.endpoint, LIST)))
    expect(asked.map(({ codes }) => codes[0])).toContain('RATE_LIMITED')
    const publish = `mutation { eventPublish(input: { organizationId: "${organizationId}", type: "a", data: 1 }) { event { id } userErrors { message } } }`
    const published = await Promise.all(Array.from({ length: 60 }, () => sendRaw(backend.endpoint, publish)))
    expect(published.filter(({ codes }) => codes.length > 0)).toEqual([])
  })

  test('is shown by Viewer.limits', async () => {
    await stage()
    await sendRaw(session, LIST)
    const before = new Date().toISOString()
    const { root } = await sendRaw(session, '{ viewer { limits { name max used resetsAt } } }')
    const { limits } = root as { limits: { name: string; max: number; used: number; resetsAt: string | null }[] }
    const byName = new Map(limits.map((limit) => [limit.name, limit]))
    const cost = byName.get('SESSION_COST')!
    expect(cost.max).toBe(1_000)
    expect(cost.used).toBeGreaterThan(0)
    expect(cost.resetsAt! > before).toBe(true)
    expect(byName.get('ANSWER_BYTES')).toMatchObject({ max: 10_000_000, resetsAt: null })
    expect(byName.get('DESTINATIONS')).toEqual({ name: 'DESTINATIONS', max: 100, used: 0, resetsAt: null })
    expect(byName.get('SESSION_OPERATIONS')).toMatchObject({ max: 8, used: 1 })
    const names = [
      ...['SESSION_COST', 'ORGANIZATION_COST', 'TEST_BYTES', 'SESSION_OPERATIONS', 'ORGANIZATION_OPERATIONS'],
      ...['SESSION_SUBSCRIPTIONS', 'ORGANIZATION_SUBSCRIPTIONS', 'SESSION_CATCH_UPS', 'ORGANIZATION_CATCH_UPS'],
      ...['SESSION_SOCKETS', 'ORGANIZATION_SOCKETS', 'ANSWER_BYTES', 'DESTINATIONS'],
      ...['ORGANIZATION_CPU_MS', 'DESTINATION_CPU_MS'],
    ]
    expect([...byName.keys()].toSorted()).toEqual(names.toSorted())
  })
})

describe('at once', () => {
  let postrider: TestPostrider
  let backend: Backend
  let session: Session
  let organizationId: string
  beforeAll(async () => {
    const limits = [
      ...['SESSION_OPERATIONS=1', 'SESSION_SUBSCRIPTIONS=2', 'ORGANIZATION_SUBSCRIPTIONS=3', 'SESSION_SOCKETS=2'],
      ...['ORGANIZATION_SOCKETS=3', 'SOCKET_SUBSCRIBES=3', 'TEST_BYTES=1000', 'DESTINATIONS=3', 'SESSION_CATCH_UPS=1'],
    ]
    postrider = await startTestPostrider({ POSTRIDER_LIMITS: limits.join() })
    backend = await postrider.application()
    organizationId = await backend.organization()
    session = await openSession(backend, organizationId)
    await backend.eventType('a')
  })
  afterAll(() => postrider[Symbol.asyncDispose]())

  test('a session has so many operations; some wait, more are refused', async () => {
    const answered = Promise.withResolvers<void>()
    await using receiver = await startReceiver(() => (response) => {
      void answered.promise.then(() => response.end())
    })
    const { id } = await backend.destination({ organizationId, url: receiver.url })
    const slow = sendRaw(
      session,
      `mutation { destinationTest(input: { id: "${id}", eventType: "a" }) { attempt { outcome } } }`,
    )
    await receiver.request(1)
    const others = Array.from({ length: 6 }, () => sendRaw(session, CHEAP))
    const refused = await Promise.race(others)
    expect([refused.status, refused.headers.get('retry-after'), refused.codes]).toEqual([429, '1', ['RATE_LIMITED']])
    expect(refused.message).toBe('More than 4 operations wait (SESSION_OPERATIONS); wait 1 s')
    expect((await sendRaw(backend.endpoint, CHEAP)).codes).toEqual([])
    answered.resolve()
    expect((await slow).codes).toEqual([])
    const statuses = (await Promise.all(others)).map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([200, 200, 200, 200, 429, 429])
  })

  test('a session and an organization have so many subscriptions, and others when some have ended', async () => {
    await using raw = await openAcknowledged(postrider.url, session.key)
    for (const id of ['1', '2']) {
      raw.send(subscribe(id))
      expect((await raw.next()).type).toBe('next')
    }
    raw.send(subscribe('3'))
    const refused = await raw.next()
    expect([refused.id, refused.type, codeOf(refused.payload)]).toEqual(['3', 'error', 'RATE_LIMITED'])
    expect(refused.payload).toMatchObject([
      { message: 'At most 2 subscriptions at once (SESSION_SUBSCRIPTIONS); end one first' },
    ])
    const sibling = await openSession(backend, organizationId)
    await using other = await openAcknowledged(postrider.url, sibling.key)
    other.send(subscribe('1'))
    expect((await other.next()).type).toBe('next')
    other.send(subscribe('2'))
    expect((await other.next()).type).toBe('error')
    raw.send({ id: '1', type: 'complete' })
    // Both sockets end with the test, and give back what they have.
    await raw[Symbol.asyncDispose]()
    other.send(subscribe('3'))
    expect(await nextOf(other, '3')).toBe('next')
  })

  test('a session and an organization have so many sockets', async () => {
    const one = await openAcknowledged(postrider.url, session.key)
    await using two = await openAcknowledged(postrider.url, session.key)
    expect(await closeCode(session)).toBe(1013)
    const sibling = await openSession(backend, organizationId)
    await using three = await openAcknowledged(postrider.url, sibling.key)
    expect(await closeCode(sibling)).toBe(1013)
    await one[Symbol.asyncDispose]()
    await using four = await openAcknowledged(postrider.url, sibling.key)
    expect([two, three, four].map(({ socket }) => socket.readyState)).toEqual([1, 1, 1])
  })

  test('a socket that goes on subscribing although it is refused is closed', async () => {
    await using raw = await openAcknowledged(postrider.url, session.key)
    for (let n = 0; n < 2_000; n += 1) {
      raw.send(subscribe(`s${n}`))
      raw.send({ id: `s${n}`, type: 'complete' })
    }
    expect(await raw.closed).toBe(1013)
    expect((await sendRaw(session, CHEAP)).codes).toEqual([])
  })

  test('followers that read the past take turns', async () => {
    await using receiver = await startReceiver()
    const other = await backend.organization('follows')
    await backend.destination({ organizationId: other, url: receiver.url })
    for (let n = 0; n < 3; n += 1) {
      const { deliveries } = await backend.publish({ organizationId: other, type: 'a', data: n })
      await backend.finished(deliveries[0]!.id)
    }
    const { key } = await openSession(backend, other)
    await using raw = await openAcknowledged(postrider.url, key)
    const query = 'subscription { deliveryAttempts(last: 3) { __typename cursor } }'
    for (const id of ['1', '2']) raw.send({ id, type: 'subscribe', payload: { query } })
    const heard: string[] = []
    while (heard.filter((one) => one.endsWith('FeedCheckpoint')).length < 4) {
      const { id, payload } = await raw.next()
      heard.push(
        `${id} ${(payload as { data: { deliveryAttempts: { __typename: string } } }).data.deliveryAttempts.__typename}`,
      )
    }
    expect(new Set(heard.slice(0, 5).map(([id]) => id)).size).toBe(1)
    const whole = ['FeedCheckpoint', ...Array(3).fill('DeliveryAttemptRecorded'), 'FeedCheckpoint']
    for (const id of ['1', '2']) {
      expect(heard.filter((one) => one.startsWith(id))).toEqual(whole.map((name) => `${id} ${name}`))
    }
  })

  test('test sends of an organization store so many bytes in ten minutes, those of its application more', async () => {
    await using receiver = await startReceiver()
    const other = await backend.organization('tests')
    const { id } = await backend.destination({ organizationId: other, url: receiver.url })
    const own = await openSession(backend, other)
    const send = (as: Endpoint, bytes: number) =>
      sendRaw(
        as,
        'mutation ($data: JSON, $id: ID!) { destinationTest(input: { id: $id, eventType: "a", data: $data }) { attempt { outcome } } }',
        { id, data: 'x'.repeat(bytes) },
      )
    expect((await send(own, 900)).codes).toEqual([])
    const refused = await send(own, 900)
    expect([refused.status, refused.codes, refused.message]).toEqual([
      429,
      ['RATE_LIMITED'],
      expect.stringMatching(/^More than 1000 within 600 s \(TEST_BYTES\); wait \d+ s$/),
    ])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(300)
    expect(receiver.requests.length).toBe(1)
    expect((await send(backend.endpoint, 5_000)).codes).toEqual([])
  })

  test('an organization has so many destinations, also when they are made at once', async () => {
    const other = await backend.organization('many')
    const own = await openSession(backend, other)
    const input = { organizationId: other, label: 'x', config: { url: 'http://127.0.0.1:9/' } }
    const query =
      'mutation ($input: DestinationCreateInput!) { destinationCreate(input: $input) { destination { id } userErrors { code message path } } }'
    type Made = { destination: object | null; userErrors: object[] }
    const answers = await Promise.all(Array.from({ length: 12 }, () => sendRaw(backend.endpoint, query, { input })))
    const made = answers.map(({ root }) => root as Made)
    expect(made.filter(({ destination }) => destination !== null).length).toBe(3)
    const message = 'has 3 destinations; at most 3 (DESTINATIONS)'
    const path = ['input', 'organizationId']
    expect(made.flatMap(({ userErrors }) => userErrors)).toEqual(
      Array(9).fill({ code: 'LIMIT_EXCEEDED', message, path }),
    )
    const bySession = await sendRaw(own, query, { input })
    expect(bySession.root).toEqual({ destination: null, userErrors: [{ code: 'LIMIT_EXCEEDED', message, path }] })
    const rest = await fetch(`${postrider.url}/api/webhooks-management`, {
      method: 'POST',
      headers: { authorization: `Bearer ${own.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ url: 'http://127.0.0.1:9/' }),
    })
    const { errors } = (await rest.json()) as { errors: { code: string }[] }
    expect([rest.status, errors[0]!.code]).toEqual([422, 'LIMIT_EXCEEDED'])
  })
})

describe('connections', () => {
  let postrider: TestPostrider
  let backend: Backend
  let session: Session
  let organizationId: string
  beforeAll(async () => {
    // Without a worker the pipeline's connections are silent.
    postrider = await startTestPostrider(
      { POSTRIDER_STATEMENT_TIMEOUT: '1', POSTRIDER_READ_POOL: '2' },
      { role: 'api' },
    )
    backend = await postrider.application()
    organizationId = (await backend.hook('http://127.0.0.1:9/')).organizationId
    await backend.publish({ organizationId, type: 'a', data: 1 })
    session = await openSession(backend, organizationId)
  })
  afterAll(() => postrider[Symbol.asyncDispose]())

  test('of the pipeline are used by nothing that a customer asks for', async () => {
    using watched = watchStatements()
    const { root } = await sendRaw(session, '{ deliveries { nodes { id event { id data } destination { id } } } }')
    const { id, event, destination } = (root as { nodes: Row[] }).nodes[0]!
    const asked = [
      '{ viewer { limits { name } organization { id } } }',
      '{ deliveryAttempts { nodes { id } } destinations { nodes { health signingSecrets { hint } setupError connector { warnings { message } } } } }',
      '{ stats(range: { from: "-PT1H" }, bucket: MINUTE) { attempts } }',
      `mutation { deliveryRetry(input: { id: "${id}" }) { userErrors { message } } }`,
      `mutation { eventReplay(input: { id: "${event.id}" }) { userErrors { message } } }`,
      `mutation { deliveryCancel(input: { id: "${id}" }) { userErrors { message } } }`,
      `mutation { destinationRecover(input: { id: "${destination.id}", range: {}, dryRun: true }) { userErrors { message } } }`,
      `mutation { destinationUpdate(input: { id: "${destination.id}", label: "x" }) { userErrors { message } } }`,
      `mutation { destinationPreview(input: { destinationId: "${destination.id}", eventType: "a" }) { userErrors { message } } }`,
      `mutation { destinationEnable(input: { id: "${destination.id}" }) { userErrors { message } } }`,
      `mutation { destinationDelete(input: { id: "${destination.id}" }) { userErrors { message } } }`,
    ]
    for (const query of asked) expect([query, (await sendRaw(session, query)).message]).toEqual([query, ''])
    await using raw = await openAcknowledged(postrider.url, session.key)
    raw.send({
      id: '1',
      type: 'subscribe',
      payload: { query: 'subscription { deliveryAttempts(last: 5) { cursor } }' },
    })
    await raw.next()
    const byConnection = Map.groupBy(watched.statements, ({ connection }) => connection)
    // The wake-ups of what was changed, and the one reader of all followers.
    const ofAll = /pg_notify|"isHeldBack"/
    expect((byConnection.get('postrider pipeline') ?? []).filter(({ text }) => !ofAll.test(text))).toEqual([])
    expect(byConnection.get('postrider keys')!.length).toBeGreaterThanOrEqual(asked.length)
    for (const name of ['postrider', 'postrider reads']) expect(byConnection.get(name)!.length).toBeGreaterThan(5)
  })

  test('of reads that stand still end after a time, and lock nobody out', async () => {
    const stats = '{ stats(range: { from: "-PT1H" }, bucket: MINUTE) { attempts } }'
    const publish = `mutation { eventPublish(input: { organizationId: "${organizationId}", type: "a", data: 2 }) { event { id } } }`
    const locking = new pg.Client(postrider.database.url)
    await locking.connect()
    await locking.query('begin')
    await locking.query('lock table attempt_stats in access exclusive mode')
    const stuck = Array.from({ length: 6 }, () => sendRaw(session, stats))
    try {
      expect((await sendRaw(backend.endpoint, publish)).codes).toEqual([])
      expect((await sendRaw({ url: postrider.url, key: 'prk_wrong' }, CHEAP)).codes).toEqual(['UNAUTHENTICATED'])
      expect((await Promise.race(stuck)).codes).toEqual(['UNAVAILABLE'])
    } finally {
      await locking.end()
    }
    await Promise.all(stuck)
    expect((await sendRaw(session, stats)).codes).toEqual([])
  })
})

interface Row {
  readonly id: string
  readonly event: { readonly id: string }
  readonly destination: { readonly id: string }
}

/** What comes of a socket beyond the limit. */
async function closeCode({ url, key }: Session): Promise<number> {
  const raw = await openRawSocket(url)
  raw.send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } })
  return raw.closed
}

async function nextOf(raw: Awaited<ReturnType<typeof openAcknowledged>>, id: string): Promise<string> {
  for (;;) {
    const message = await raw.next()
    if (message.id === id) return message.type
  }
}
