import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  DestinationDocument,
  DestinationUpdateDocument,
  EventsPublishDocument,
} from '../../src/client/generated/documents.ts'
import { attemptsOf } from '../../test/support/attempts.ts'
import { type BrokerOptions, checkConnection, stageBroker, startSilentServer } from '../../test/support/broker-stage.ts'
import { makeCertificate, trustCertificate } from '../../test/support/certificate.ts'
import { startLossyRelay } from '../../test/support/lossy-relay.ts'
import { startTestPostrider, type TestPostrider } from '../../test/support/postrider.ts'
import { type RedisServer, startRedis } from '../../test/support/redis.ts'
import { findAbsence, requirePresent } from '../../test/support/tools.ts'

const absence = await findAbsence('redis-server')
const certificate = makeCertificate('IP:127.0.0.1')

let postrider: TestPostrider
let redis: RedisServer

beforeAll(async () => {
  if (absence) return
  ;[postrider, redis] = await Promise.all([startTestPostrider(), startRedis(certificate)])
}, 120_000)
afterAll(async () => {
  if (absence) return
  await Promise.all([postrider[Symbol.asyncDispose](), redis[Symbol.asyncDispose]()])
})
beforeEach((context) => requirePresent(absence, context))

test('the event is an entry: its body as published, and headers that a consumer can verify', async () => {
  const { stream, publish, finished, secret } = await prepare({ stream: '{{organizationId}}:{{type}}' })
  const { id, deliveryId } = await publish({ text: '<b>„ü“</b> @everyone', list: [null, 1] })
  const delivery = await finished(deliveryId)
  expect(delivery.status).toBe('SUCCEEDED')

  const [entry] = await entries('acme:a')
  expect(Object.keys(entry!)).toEqual(['id', 'type', 'createdAt', 'body', 'headers'])
  expect(entry).toMatchObject({ id, type: 'a' })
  expect(Math.abs(Date.parse(entry!.createdAt!) - Date.now())).toBeLessThan(60_000)
  const verified = new Webhook(secret).verify(entry!.body!, JSON.parse(entry!.headers!))
  expect(verified).toMatchObject({ id, type: 'a', data: { text: '<b>„ü“</b> @everyone', list: [null, 1] } })

  const { request, response } = delivery.lastAttempt!
  expect(stream).toBe('{{organizationId}}:{{type}}')
  expect(request).toMatchObject({ method: 'XADD', url: `redis://127.0.0.1:${redis.port}/0/acme%3Aa` })
  expect(response).toBeNull()
  expect(JSON.stringify(delivery)).not.toContain(redis.password)
})

test('the key may be made of the data; one that is empty or too long fails the event, with the reason', async () => {
  const { publish, finished } = await prepare({ stream: '{{data.region}}' }, { retryDelays: [0] })
  const region = `region-${crypto.randomUUID()}`
  expect((await finished((await publish({ region })).deliveryId)).status).toBe('SUCCEEDED')
  expect(await entries(region)).toHaveLength(1)
  for (const [data, said] of [
    [{}, 'empty: the event has nothing for {{data.region}}'],
    [{ region: 'x'.repeat(1_001) }, 'over 1000 characters'],
  ] as const) {
    const { status, attemptCount, lastAttempt } = await finished((await publish(data)).deliveryId)
    expect([status, attemptCount]).toEqual(['FAILED', 1])
    expect(lastAttempt!.errorMessage).toContain(said)
  }
})

test('fields are called as the destination says, and left out where it names none', async () => {
  const fields = { id: 'event', type: '', createdAt: '', body: 'json', headers: '' }
  const { stream, publish, finished } = await prepare({ fields })
  const { id, deliveryId } = await publish({ n: 1 })
  await finished(deliveryId)
  expect(await entries(stream)).toEqual([{ event: id, json: expect.stringContaining('{"n":1}') }])
})

test('deliveries at the same time share one connection', async () => {
  const { backend, organizationId, stream } = await prepare({})
  const before = await connections()
  const events = Array.from({ length: 32 }, (_, n) => ({ organizationId, type: 'a', data: { n } }))
  await backend.send(EventsPublishDocument, { input: { events } })
  await attemptsOf(backend, 32)
  const seen = (await entries(stream)).map(({ body }) => JSON.parse(body!).data.n)
  expect(seen.toSorted((a, b) => a - b)).toEqual(events.map(({ data }) => data.n))
  expect((await connections()).filter((id) => !before.includes(id))).toHaveLength(1)
})

test('settings that change take effect with the next event, on a connection of their own', async () => {
  const { backend, id, stream, publish, finished } = await prepare({})
  await finished((await publish({})).deliveryId)
  const before = await connections()
  const config = { ...place(), stream, db: 3 }
  await backend.send(DestinationUpdateDocument, { input: { id, config } })
  expect((await finished((await publish({})).deliveryId)).status).toBe('SUCCEEDED')
  expect((await connections()).filter((one) => !before.includes(one))).toHaveLength(1)
  expect(await entries(stream)).toHaveLength(1)
  const other = redis.client.duplicate({ db: 3 })
  expect(await other.xlen(stream)).toBe(1)
  other.disconnect()
})

test('the oldest entries go when the stream is longer than it may be, and none when it may be of any length', async () => {
  // Redis trims by whole nodes, of a hundred entries unless told otherwise.
  await redis.client.config('SET', 'stream-node-max-entries', '10')
  for (const [maxLength, least, most] of [
    [20, 20, 30],
    [0, 100, 100],
  ] as const) {
    const { backend, organizationId, stream } = await prepare({ maxLength })
    const events = Array.from({ length: 100 }, (_, n) => ({ organizationId, type: 'a', data: { n } }))
    await backend.send(EventsPublishDocument, { input: { events } })
    await attemptsOf(backend, 100)
    const length = await redis.client.xlen(stream)
    expect(length).toBeGreaterThanOrEqual(least)
    expect(length).toBeLessThanOrEqual(most)
  }
})

test('over TLS the certificate is checked, and entries arrive', async () => {
  const { stream, publish, finished } = await prepare({ port: redis.tlsPort, tls: true })
  expect(await finished((await publish({})).deliveryId)).toMatchObject({
    status: 'FAILED',
    lastAttempt: { failureKind: 'TLS' },
  })
  using _ = trustCertificate(certificate)
  expect((await finished((await publish({})).deliveryId)).status).toBe('SUCCEEDED')
  expect(await entries(stream)).toHaveLength(1)
})

test.each([
  ['a wrong password', { password: 'not-the-password' }, 'WRONGPASS'],
  ['no password where one is asked for', {}, 'NOAUTH'],
  ['a user that may not add', { user: 'reader', password: 'password-of-the-reader' }, 'NOPERM'],
])('%s switches the destination off', async (_, credentials, said) => {
  await redis.client.call('ACL', 'SETUSER', 'reader', 'on', '>password-of-the-reader', '~*', '+xread')
  const { backend, id, publish, finished } = await prepare({}, { credentials })
  const { lastAttempt } = await finished((await publish({})).deliveryId)
  expect(lastAttempt).toMatchObject({ failureKind: 'CREDENTIALS_REJECTED' })
  expect(lastAttempt!.errorMessage).toContain(`Redis said: ${said}`)
  const { destination } = await backend.send(DestinationDocument, { id })
  expect(destination).toMatchObject({ health: 'DISABLED', disabledReason: 'CREDENTIALS_REJECTED' })
})

test('a user with no more rights than the guide asks for can add', async () => {
  const rights = ['~mine*', '+xadd', '+type', '+ping', '+select']
  await redis.client.call('ACL', 'SETUSER', 'adder', 'on', '>password-of-the-adder', ...rights)
  const credentials = { user: 'adder', password: 'password-of-the-adder' }
  const { publish, finished } = await prepare({ stream: 'mine', db: 2 }, { credentials })
  expect((await finished((await publish({})).deliveryId)).status).toBe('SUCCEEDED')
  const settings = { connector: 'redis', config: { ...place(), stream: 'mine', db: 2 }, credentials }
  expect(await checkConnection(postrider, settings)).toEqual({ checked: true, userErrors: [] })
  const other = await prepare({ stream: 'not-theirs' }, { credentials })
  const { lastAttempt } = await other.finished((await other.publish({})).deliveryId)
  expect(lastAttempt).toMatchObject({ outcome: 'PERMANENT_FAILURE', failureKind: 'HTTP_STATUS' })
})

test('a key that is no stream fails the event, and nothing else', async () => {
  const { backend, id, stream, publish, finished } = await prepare({})
  await redis.client.set(stream, 'taken')
  expect((await finished((await publish({})).deliveryId)).lastAttempt).toMatchObject({
    outcome: 'PERMANENT_FAILURE',
    errorMessage: expect.stringContaining('WRONGTYPE'),
  })
  expect((await backend.send(DestinationDocument, { id })).destination!.health).not.toBe('DISABLED')
  await redis.client.del(stream)
  expect((await finished((await publish({})).deliveryId)).status).toBe('SUCCEEDED')
})

test('a database that is not there fails the event, and never lands it in another', async () => {
  const { stream, publish, finished } = await prepare({ db: 99 })
  expect((await finished((await publish({})).deliveryId)).lastAttempt).toMatchObject({
    outcome: 'PERMANENT_FAILURE',
    errorMessage: expect.stringContaining('DB index is out of range'),
  })
  expect(await redis.client.exists(stream)).toBe(0)
})

test('what passes is tried again: no memory; and a replica on a new connection, for its name may lead elsewhere', async () => {
  const { stream, publish, finished, retry } = await prepare({})
  await finished((await publish({})).deliveryId)
  const states = [
    ['OOM', ['config', 'set', 'maxmemory', '1'], ['config', 'set', 'maxmemory', '0'], 0],
    ['READONLY', ['replicaof', '127.0.0.1', '1'], ['replicaof', 'no', 'one'], 1],
  ] as const
  for (const [said, [begin, ...beginWith], [end, ...endWith], opened] of states) {
    const before = await connections()
    await redis.client.call(begin, ...beginWith)
    const { deliveryId } = await publish({})
    const { lastAttempt } = await finished(deliveryId)
    await redis.client.call(end, ...endWith)
    expect(lastAttempt).toMatchObject({ outcome: 'RETRYABLE_FAILURE', errorMessage: expect.stringContaining(said) })
    expect((await retry(deliveryId)).status).toBe('SUCCEEDED')
    expect((await connections()).filter((id) => !before.includes(id))).toHaveLength(opened)
  }
  expect(await redis.client.xlen(stream)).toBe(3)
})

test('an entry whose answer is lost is added again, with the same id of the event', async () => {
  await using relay = await startLossyRelay(redis.port, 'unheard')
  const { stream, publish, finished } = await prepare({ port: relay.port }, { retryDelays: [0] })
  const { id, deliveryId } = await publish({ text: 'unheard' })
  const { status, attempts } = await finished(deliveryId)
  expect(status).toBe('SUCCEEDED')
  expect(attempts.nodes.map(({ errorMessage }) => errorMessage)).toEqual([
    null,
    'The connection ended before Redis had answered',
  ])
  expect((await entries(stream)).map((entry) => entry.id)).toEqual([id, id])
})

test('the outbound guard stands before the server too', async () => {
  // Loopback by another name: the server would answer.
  const { publish, finished } = await prepare({ host: '0.0.0.0' })
  expect((await finished((await publish({})).deliveryId)).lastAttempt).toMatchObject({
    failureKind: 'URL_NOT_ALLOWED',
    errorMessage: 'The address must not point to a private or reserved address',
  })
})

test('a server that takes connections and says nothing costs its time limit, and is dropped', async () => {
  await using silent = await startSilentServer()
  const { publish, finished } = await prepare({ port: silent.port }, { timeoutMs: 1_000 })
  expect((await finished((await publish({})).deliveryId)).lastAttempt).toMatchObject({ failureKind: 'TIMEOUT' })
  await silent.closed
})

test.each([
  ['fine', {}, {}, []],
  ['the password', {}, { password: 'wrong-password' }, [[['input', 'credentials', 'password'], 'WRONGPASS']]],
  ['the key', { stream: 'a-list' }, {}, [[['input', 'config', 'stream'], 'is a list']]],
  ['the database', { db: 99 }, {}, [[['input', 'config', 'db'], 'out of range']]],
  ['the port', { port: 1 }, {}, [[['input', 'config'], 'Connection refused']]],
])('testing the connection says what is wrong: %s', async (_, config, credentials, expected) => {
  await redis.client.lpush('a-list', 'x')
  const { userErrors } = await checkConnection(postrider, {
    connector: 'redis',
    config: { ...place(), stream: 'tested', ...config },
    credentials: { password: redis.password, ...credentials },
  })
  expect(userErrors.map(({ path }) => path)).toEqual(expected.map(([path]) => path))
  for (const [n, [, said]] of expected.entries()) expect(userErrors[n]!.message).toContain(said)
  expect(await redis.client.exists('tested')).toBe(0)
})

// Last, because it ends every connection.
test('while the server is down its events wait, and arrive on a new connection when it is back', async () => {
  const { backend, stream, publish, finished } = await prepare({}, { retryDelays: [1, 1, 1, 1, 10] })
  expect((await finished((await publish({ n: 1 })).deliveryId)).status).toBe('SUCCEEDED')
  await redis.stop()
  const { deliveryId } = await publish({ n: 2 })
  await attemptsOf(backend, 2)
  await redis.start()
  const delivery = await finished(deliveryId)
  expect(delivery.status).toBe('SUCCEEDED')
  expect(delivery.attempts.nodes).toContainEqual(
    expect.objectContaining({ failureKind: 'CONNECTION', errorMessage: 'Connection refused' }),
  )
  expect((await entries(stream)).map(({ body }) => JSON.parse(body!).data.n)).toEqual([1, 2])
}, 120_000)

function place() {
  return { host: '127.0.0.1', port: redis.port, tls: false }
}

/** The entries of a stream, oldest first. */
async function entries(stream: string): Promise<Record<string, string>[]> {
  const found = await redis.client.xrange(stream, '-', '+')
  return found.map(([, pairs]) =>
    Object.fromEntries(pairs.flatMap((name, n) => (n % 2 === 0 ? [[name, pairs[n + 1]!]] : []))),
  )
}

/** Ids of the connections that the server has. */
async function connections(): Promise<string[]> {
  const listed = (await redis.client.client('LIST')) as string
  return [...listed.matchAll(/^id=(\d+)/gm)].map(([, id]) => id!)
}

/** A destination at the server, with a stream of its own, in an application that tries once unless told otherwise. */
async function prepare(
  given: Record<string, unknown>,
  {
    credentials = { password: redis.password },
    ...options
  }: BrokerOptions & { credentials?: Record<string, string> } = {},
) {
  const config = { ...place(), stream: `events-${crypto.randomUUID()}`, ...given }
  const stage = await stageBroker(postrider, { connector: 'redis', config, credentials }, options)
  return { ...stage, stream: config.stream }
}
