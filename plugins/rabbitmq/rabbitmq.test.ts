import type { Channel, ChannelModel } from 'amqplib'
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
import { type RabbitMq, startRabbitMq } from '../../test/support/rabbitmq.ts'
import { findAbsence, requirePresent } from '../../test/support/tools.ts'

const absence = await findAbsence('rabbitmq-server')
const certificate = makeCertificate('IP:127.0.0.1')
/** What the broker logs for each connection that logs in; the name is the one that the connector gives. */
const LOGGED_IN = /Postrider\): user '\w+' authenticated/

let postrider: TestPostrider
let broker: RabbitMq
let operator: ChannelModel
let channel: Channel

beforeAll(async () => {
  if (absence) return
  ;[postrider, broker] = await Promise.all([startTestPostrider(), startRabbitMq(certificate)])
  await connectOperator()
}, 120_000)
afterAll(async () => {
  if (absence) return
  await Promise.all([postrider[Symbol.asyncDispose](), broker[Symbol.asyncDispose]()])
})
beforeEach((context) => requirePresent(absence, context))

test('the event is a message: its body as published, its properties, and headers that a consumer can verify', async () => {
  const { queue, exchange } = await boundQueue('order.#')
  const { publish, finished, secret } = await prepare({ exchange, headers: { region: 'eu' } }, { type: 'order.paid' })
  const { id, deliveryId } = await publish({ text: '<b>„ü“</b> @everyone', list: [null, 1] })
  const delivery = await finished(deliveryId)
  expect(delivery.status).toBe('SUCCEEDED')

  const message = await take(queue)
  expect(message.fields).toMatchObject({ exchange, routingKey: 'order.paid' })
  expect(message.properties).toMatchObject({
    messageId: id,
    type: 'order.paid',
    appId: 'postrider',
    correlationId: deliveryId,
    contentType: 'application/json',
    deliveryMode: 2,
    headers: { region: 'eu', 'webhook-id': id },
  })
  expect(Math.abs(message.properties.timestamp - Date.now() / 1_000)).toBeLessThan(60)
  const verified = new Webhook(secret).verify(message.content, message.properties.headers as Record<string, string>)
  expect(verified).toMatchObject({ id, type: 'order.paid', data: { text: '<b>„ü“</b> @everyone', list: [null, 1] } })

  const { request, response } = delivery.lastAttempt!
  expect(request).toMatchObject({
    method: 'PUBLISH',
    url: `amqp://127.0.0.1:${broker.port}/%2F/${exchange}?routing_key=order.paid`,
  })
  expect(response).toBeNull()
  expect(JSON.stringify(delivery)).not.toContain(broker.password)
})

test('an event of 250 KB arrives whole, and leaves the connection to the next', async () => {
  const { queue } = await boundQueue('#')
  const { publish, finished } = await prepare({ routingKey: queue })
  const data = { text: 'é'.repeat(125_000) }
  for (const sent of [data, { n: 2 }]) {
    expect((await finished((await publish(sent)).deliveryId)).status).toBe('SUCCEEDED')
    expect(JSON.parse((await take(queue)).content.toString())).toMatchObject({ data: sent })
  }
})

test('deliveries at the same time share one connection and one channel', async () => {
  const { queue, exchange } = await boundQueue('#')
  const { backend, organizationId } = await prepare({ exchange })
  const before = await channelsByConnection()
  const events = Array.from({ length: 32 }, (_, n) => ({ organizationId, type: 'a', data: { n } }))
  await backend.send(EventsPublishDocument, { input: { events } })
  await attemptsOf(backend, 32)
  const seen = new Set<number>()
  for (let n = 0; n < 32; n++) seen.add(JSON.parse((await take(queue)).content.toString()).data.n)
  expect(seen.size).toBe(32)
  const added = (await channelsByConnection()).filter((line) => !before.includes(line))
  expect(added).toEqual([expect.stringMatching(/\t1$/)])
})

test('settings that change take effect with the next event, on a connection of their own', async () => {
  const { queue } = await boundQueue('#')
  const { backend, id, publish, finished } = await prepare({ routingKey: queue })
  await finished((await publish({})).deliveryId)
  const before = broker.timesLogged(LOGGED_IN)
  const config = { ...place(), routingKey: queue, headers: { version: '2' } }
  await backend.send(DestinationUpdateDocument, { input: { id, config } })
  await finished((await publish({})).deliveryId)
  await take(queue)
  expect((await take(queue)).properties.headers).toMatchObject({ version: '2' })
  await broker.logged(LOGGED_IN, before + 1)
})

test('over TLS the certificate is checked, and messages arrive', async () => {
  const { queue } = await boundQueue('#')
  const { publish, finished } = await prepare({ port: broker.tlsPort, tls: true, routingKey: queue })
  const { deliveryId } = await publish({ n: 1 })
  expect(await finished(deliveryId)).toMatchObject({ status: 'FAILED', lastAttempt: { failureKind: 'TLS' } })
  using _ = trustCertificate(certificate)
  const again = await publish({ n: 2 })
  expect((await finished(again.deliveryId)).status).toBe('SUCCEEDED')
  expect(JSON.parse((await take(queue)).content.toString())).toMatchObject({ data: { n: 2 } })
})

test('a password that the broker refuses switches the destination off', async () => {
  const { backend, id, publish, finished } = await prepare({}, { credentials: { password: 'not-the-password' } })
  expect(await finished((await publish({})).deliveryId)).toMatchObject({
    status: 'FAILED',
    lastAttempt: {
      failureKind: 'CREDENTIALS_REJECTED',
      errorMessage: expect.stringContaining('Login was refused'),
    },
  })
  const { destination } = await backend.send(DestinationDocument, { id })
  expect(destination).toMatchObject({ health: 'DISABLED', disabledReason: 'CREDENTIALS_REJECTED' })
})

test('a user without rights switches the destination off: for the virtual host, or for the exchange', async () => {
  await broker.control('add_user', 'stranger', 'password-of-the-stranger')
  const credentials = { user: 'stranger', password: 'password-of-the-stranger' }
  const { exchange } = await boundQueue('#')
  for (const said of ["access to vhost '/' refused", 'access to exchange']) {
    const { backend, id, publish, finished } = await prepare({ exchange }, { credentials })
    const { lastAttempt } = await finished((await publish({})).deliveryId)
    expect(lastAttempt).toMatchObject({ failureKind: 'CREDENTIALS_REJECTED' })
    expect(lastAttempt!.errorMessage).toContain(said)
    const { destination } = await backend.send(DestinationDocument, { id })
    expect(destination!.health).toBe('DISABLED')
    await broker.control('set_permissions', 'stranger', '', '', '')
  }
})

test('a topic that the user may not write costs that event, and none that was on its way beside it', async () => {
  const { queue, exchange } = await boundQueue('#')
  await broker.control('add_user', 'narrow', 'password-of-the-narrow')
  await broker.control('set_permissions', 'narrow', '', '.*', '')
  await broker.control('set_topic_permissions', 'narrow', exchange, '^good', '')
  const credentials = { user: 'narrow', password: 'password-of-the-narrow' }
  const { backend, organizationId, publishAll, finished } = await prepare(
    { exchange },
    { credentials, retryDelays: [0, 0, 0, 0, 0] },
  )
  await backend.eventType('good')
  const events = ['good', 'a', 'good', 'good'].map((type) => ({ organizationId, type, data: {} }))
  const ended = await Promise.all((await publishAll(events)).map(finished))
  expect(ended.map(({ status }) => status)).toEqual(['SUCCEEDED', 'FAILED', 'SUCCEEDED', 'SUCCEEDED'])
  expect(ended[1]).toMatchObject({ attemptCount: 1, lastAttempt: { outcome: 'PERMANENT_FAILURE' } })
  expect(ended[1]!.lastAttempt!.errorMessage).toContain("access to topic 'a'")
  await take(queue)
})

test('a message that is larger than the broker takes costs that event, and none beside it', async () => {
  const { queue } = await boundQueue('#')
  await broker.control('eval', 'application:set_env(rabbit, max_message_size, 1000).')
  const { organizationId, publishAll, finished } = await prepare(
    { routingKey: queue },
    { retryDelays: [0, 0, 0, 0, 0] },
  )
  const events = ['', 'x'.repeat(2_000), ''].map((text) => ({ organizationId, type: 'a', data: { text } }))
  const ended = await Promise.all((await publishAll(events)).map(finished))
  await broker.control('eval', 'application:unset_env(rabbit, max_message_size).')
  expect(ended.map(({ status }) => status)).toEqual(['SUCCEEDED', 'FAILED', 'SUCCEEDED'])
  expect(ended[1]).toMatchObject({ attemptCount: 1, lastAttempt: { outcome: 'PERMANENT_FAILURE' } })
  expect(ended[1]!.lastAttempt!.errorMessage).toContain('larger than')
})

test('a virtual host that takes no more connections is tried again', async () => {
  await broker.control('add_vhost', 'full')
  await broker.control('set_permissions', '-p', 'full', broker.user, '.*', '.*', '.*')
  await broker.control('set_vhost_limits', '-p', 'full', '{"max-connections":0}')
  const { publish, finished } = await prepare({ vhost: 'full' })
  expect((await finished((await publish({})).deliveryId)).lastAttempt).toMatchObject({
    outcome: 'RETRYABLE_FAILURE',
    errorMessage: expect.stringContaining('connection limit'),
  })
})

test('a virtual host or an exchange that is not there fails the event, and the next arrives once it is', async () => {
  const nowhere = await prepare({ vhost: 'nowhere' })
  const lost = await nowhere.finished((await nowhere.publish({})).deliveryId)
  expect(lost.lastAttempt).toMatchObject({ outcome: 'PERMANENT_FAILURE' })
  expect(lost.lastAttempt!.errorMessage).toContain('vhost nowhere not found')

  const exchange = `late-${crypto.randomUUID()}`
  const { backend, id, publish, finished } = await prepare({ exchange })
  const { lastAttempt } = await finished((await publish({})).deliveryId)
  expect(lastAttempt).toMatchObject({ outcome: 'PERMANENT_FAILURE' })
  expect(lastAttempt!.errorMessage).toContain(`no exchange '${exchange}'`)
  expect((await backend.send(DestinationDocument, { id })).destination!.health).not.toBe('DISABLED')
  await boundQueue('#', exchange)
  expect((await finished((await publish({})).deliveryId)).status).toBe('SUCCEEDED')
})

test('the routing key may be made of the data; one that is empty or too long fails the event, with the reason', async () => {
  const { queue, exchange } = await boundQueue('orders.#')
  const { publish, finished } = await prepare({ exchange, routingKey: 'orders.{{data.region}}.{{type}}' })
  expect((await finished((await publish({ region: 'eu' })).deliveryId)).status).toBe('SUCCEEDED')
  expect((await take(queue)).fields.routingKey).toBe('orders.eu.a')
  const long = await finished((await publish({ region: 'é'.repeat(125) })).deliveryId)
  expect(long.lastAttempt).toMatchObject({ errorMessage: expect.stringContaining('over 255 bytes') })
  expect(long).toMatchObject({ status: 'FAILED', attemptCount: 1 })

  const other = await prepare({ exchange, routingKey: '{{data.region}}' }, { retryDelays: [0] })
  const empty = await other.finished((await other.publish({})).deliveryId)
  expect(empty).toMatchObject({ status: 'FAILED', attemptCount: 1 })
  expect(empty.lastAttempt!.errorMessage).toContain('empty: the event has nothing for {{data.region}}')
})

test('a routing key may be empty on purpose, for an exchange that looks at none', async () => {
  const exchange = `all-${crypto.randomUUID()}`
  await channel.assertExchange(exchange, 'fanout', { durable: false })
  const { queue } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(queue, exchange, '')
  const { publish, finished } = await prepare({ exchange, routingKey: '' })
  expect((await finished((await publish({})).deliveryId)).status).toBe('SUCCEEDED')
  await take(queue)
})

test('a message that no binding takes is tried again, until one does', async () => {
  const { queue, exchange } = await boundQueue('another')
  const { publish, finished, retry } = await prepare({ exchange })
  const { deliveryId } = await publish({})
  expect((await finished(deliveryId)).lastAttempt).toMatchObject({
    outcome: 'RETRYABLE_FAILURE',
    errorMessage: 'No queue is bound for "a": the broker returned the message',
  })
  await channel.bindQueue(queue, exchange, 'a')
  expect((await retry(deliveryId)).status).toBe('SUCCEEDED')
  await take(queue)
})

test('what need not reach a queue succeeds without one', async () => {
  const { exchange } = await boundQueue('another')
  const { publish, finished } = await prepare({ exchange, mandatory: false })
  expect((await finished((await publish({})).deliveryId)).status).toBe('SUCCEEDED')
})

test('a message that the broker says no to (nack) is tried again', async () => {
  const { queue } = await channel.assertQueue('', {
    arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' },
  })
  const { publish, finished, retry } = await prepare({ routingKey: queue })
  expect((await finished((await publish({ n: 1 })).deliveryId)).status).toBe('SUCCEEDED')
  const { deliveryId } = await publish({ n: 2 })
  expect((await finished(deliveryId)).lastAttempt).toMatchObject({
    outcome: 'RETRYABLE_FAILURE',
    errorMessage: 'The broker could not take the message (nack)',
  })
  await channel.purgeQueue(queue)
  expect((await retry(deliveryId)).status).toBe('SUCCEEDED')
})

test('a broker that is short of memory is tried again, without waiting for the time limit', async () => {
  const { queue } = await boundQueue('#')
  const { publish, finished, retry } = await prepare({ routingKey: queue })
  await broker.control('set_vm_memory_high_watermark', 'absolute', '1')
  const { deliveryId } = await publish({})
  const { lastAttempt } = await finished(deliveryId)
  await broker.control('set_vm_memory_high_watermark', '0.9')
  expect(lastAttempt).toMatchObject({
    outcome: 'RETRYABLE_FAILURE',
    errorMessage: 'The broker takes no messages while it is short of memory or disk',
  })
  expect((await retry(deliveryId)).status).toBe('SUCCEEDED')
})

test('a message whose confirmation is lost is sent again, under the same id', async () => {
  const { queue } = await boundQueue('#')
  await using relay = await startLossyRelay(broker.port, 'unheard')
  const { publish, finished } = await prepare({ port: relay.port, routingKey: queue }, { retryDelays: [0] })
  const { id, deliveryId } = await publish({ text: 'unheard' })
  const { status, attempts } = await finished(deliveryId)
  expect(status).toBe('SUCCEEDED')
  expect(attempts.nodes.map(({ errorMessage }) => errorMessage)).toEqual([
    null,
    'The connection ended before the broker had confirmed the message',
  ])
  const both = [await take(queue), await take(queue)]
  expect(both.map(({ properties }) => properties.messageId)).toEqual([id, id])
})

test('the outbound guard stands before the broker too', async () => {
  const { queue } = await boundQueue('#')
  // Loopback by another name: the broker would answer.
  const { publish, finished } = await prepare({ host: '0.0.0.0', routingKey: queue })
  expect((await finished((await publish({})).deliveryId)).lastAttempt).toMatchObject({
    failureKind: 'URL_NOT_ALLOWED',
    errorMessage: 'The address must not point to a private or reserved address',
  })
})

test('a server that takes connections and says nothing costs its time limit, and is dropped', async () => {
  await using silent = await startSilentServer()
  const { publish, finished } = await prepare({ port: silent.port }, { timeoutMs: 1_000 })
  const { lastAttempt } = await finished((await publish({})).deliveryId)
  expect(lastAttempt).toMatchObject({ failureKind: 'TIMEOUT' })
  await silent.closed
})

test.each([
  ['fine', {}, {}, []],
  ['the password', {}, { password: 'wrong-password' }, [[['input', 'credentials', 'password'], 'Login was refused']]],
  ['the virtual host', { vhost: 'no' }, {}, [[['input', 'config', 'vhost'], 'vhost no not found']]],
  ['the exchange', { exchange: 'no' }, {}, [[['input', 'config', 'exchange'], "no exchange 'no'"]]],
  ['the queue', { routingKey: 'no' }, {}, [[['input', 'config', 'routingKey'], "no queue 'no'"]]],
  ['the port', { port: 1 }, {}, [[['input', 'config'], 'Connection refused']]],
])('testing the connection says what is wrong: %s', async (_, config, credentials, expected) => {
  const { userErrors } = await checkConnection(postrider, {
    connector: 'rabbitmq',
    config: { ...place(), ...config },
    credentials: { user: broker.user, password: broker.password, ...credentials },
  })
  expect(userErrors.map(({ path }) => path)).toEqual(expected.map(([path]) => path))
  for (const [n, [, said]] of expected.entries()) expect(userErrors[n]!.message).toContain(said)
})

// Last, because it ends every connection.
test('while the broker is down its messages wait, and arrive on a new connection when it is back', async () => {
  const queue = `durable-${crypto.randomUUID()}`
  await channel.assertQueue(queue)
  const { backend, publish, finished } = await prepare({ routingKey: queue }, { retryDelays: [2, 2, 2, 2, 10, 10] })
  expect((await finished((await publish({ n: 1 })).deliveryId)).status).toBe('SUCCEEDED')
  await operator.close()
  await broker.stop()
  const { deliveryId } = await publish({ n: 2 })
  await attemptsOf(backend, 2)
  await broker.start()
  const delivery = await finished(deliveryId)
  expect(delivery.status).toBe('SUCCEEDED')
  expect(delivery.attempts.nodes).toContainEqual(
    expect.objectContaining({ failureKind: 'CONNECTION', errorMessage: 'Connection refused' }),
  )
  await connectOperator()
  // The first was persistent: it has outlived the broker.
  const both = [await take(queue), await take(queue)].map(({ content }) => JSON.parse(content.toString()).data.n)
  expect(both).toEqual([1, 2])
}, 120_000)

async function connectOperator() {
  operator = await broker.connect()
  channel = await operator.createChannel()
  channel.on('error', () => undefined)
}

function place() {
  return { host: '127.0.0.1', port: broker.port, tls: false }
}

/** A queue of its own behind a topic exchange of its own. */
async function boundQueue(pattern: string, exchange = `events-${crypto.randomUUID()}`) {
  await channel.assertExchange(exchange, 'topic', { durable: false })
  const { queue } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(queue, exchange, pattern)
  return { queue, exchange }
}

/** The message that is there: what was confirmed is in its queue. */
async function take(queue: string) {
  const message = await channel.get(queue, { noAck: true })
  if (!message) throw new Error(`The queue ${queue} is empty`)
  return message
}

/** The connections of Postrider, each with its number of channels. */
async function channelsByConnection(): Promise<string[]> {
  const printed = await broker.control('list_connections', 'client_properties', 'pid', 'channels')
  return printed.split('\n').filter((line) => line.includes('Postrider'))
}

/** A destination at the broker, in an application of its own that tries once unless told otherwise. */
function prepare(
  config: Record<string, unknown>,
  { credentials, ...options }: BrokerOptions & { credentials?: Record<string, string> } = {},
) {
  const settings = {
    connector: 'rabbitmq',
    config: { ...place(), ...config },
    credentials: { user: broker.user, password: broker.password, ...credentials },
  }
  return stageBroker(postrider, settings, options)
}
