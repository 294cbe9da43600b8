import { afterAll, beforeAll, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../../test/support/postrider.ts'
import { type EmulatedSlack, startEmulatedSlack } from '../../test/support/slack.ts'

// Through the running server to Slack as the package `emulate` has it.

const credentials = { botToken: 'xoxb-1234567890-not-a-real-token' }
let postrider: TestPostrider
let slack: EmulatedSlack
let backend: Backend
beforeAll(async () => {
  ;[postrider, slack] = await Promise.all([startTestPostrider(), startEmulatedSlack()])
  backend = await postrider.application({ retryDelays: [0] })
  await backend.eventType('order.paid')
})
afterAll(async () => {
  await postrider?.[Symbol.asyncDispose]()
  await slack?.[Symbol.asyncDispose]()
})

test('a bot posts each event to its channel', async () => {
  const { id, channel, send } = await prepare({ title: 'Order {{data.order.id}}', text: 'for *{{data.customer}}*' })
  const { delivery, eventId } = await send({ order: { id: 'o-7' }, customer: '<!channel> & Söhne' })
  expect(delivery).toMatchObject({ status: 'SUCCEEDED', attemptCount: 1 })
  const text = 'Order o-7\nfor *&lt;!channel&gt; &amp; Söhne*'
  expect(await slack.messages(channel)).toMatchObject([
    {
      text,
      blocks: ['header', 'section', 'section', 'section', 'context'].map((type) => ({ type })),
      metadata: {
        event_type: 'postrider_delivery',
        event_payload: { delivery_id: delivery!.id, event_id: eventId, event_type: 'order.paid' },
      },
    },
  ])
  const { destination } = await backend.send(documents.DestinationDocument, { id })
  expect(destination).toMatchObject({ target: channel, health: 'HEALTHY' })
  // The record shows what was sent, and not by whose leave.
  const { request, response } = delivery!.lastAttempt!
  expect(request).toMatchObject({ method: 'POST', url: `${slack.apiUrl}chat.postMessage` })
  expect(JSON.parse(request!.body!)).toMatchObject({ channel, text })
  expect(request!.headers).toContainEqual({ name: 'authorization', value: '[redacted]', redacted: true })
  expect(JSON.parse(response!.body!)).toMatchObject({ ok: true, channel })
  expect(JSON.stringify(delivery)).not.toContain(credentials.botToken)
})

test('an incoming webhook posts to its own channel, and its URL stands nowhere', async () => {
  const organizationId = await backend.organization()
  const { id } = await create(organizationId, { title: 'By webhook' }, { webhookUrl: slack.webhookUrl })
  const { delivery } = await publish(organizationId, id, {})
  expect(delivery).toMatchObject({ status: 'SUCCEEDED', lastAttempt: { response: { body: 'ok' } } })
  expect(await slack.messages('C000000001')).toContainEqual(expect.objectContaining({ text: 'By webhook' }))
  const { destination } = await backend.send(documents.DestinationDocument, { id })
  expect(destination!.target).toBe('Incoming webhook')
  expect(JSON.stringify([delivery, destination])).not.toContain('X000000001')
})

test("a person's test send says that it is one", async () => {
  const { id, channel } = await prepare({ title: 'Hello' })
  const sent = await backend.send(documents.DestinationTestDocument, {
    input: { id, eventType: 'order.paid', data: {} },
  })
  expect(sent.destinationTest.attempt).toMatchObject({ outcome: 'SUCCESS' })
  expect(await slack.messages(channel)).toMatchObject([{ text: 'Test: Hello' }])
})

test('messages of one key go into one thread, those without it stand alone', async () => {
  const { channel, send } = await prepare({ title: '{{data.n}}', threadKey: '{{data.order.id}}' })
  for (const [n, order] of [
    [1, { id: 'a' }],
    [2, { id: 'b' }],
    [3, { id: 'a' }],
    [4, {}],
  ] as const)
    await send({ n, order })
  const messages = await slack.messages(channel)
  const [first] = messages
  expect(messages.map(({ text, thread_ts }) => [text, thread_ts])).toEqual([
    ['1', undefined],
    ['2', undefined],
    ['3', first!.ts],
    ['4', undefined],
  ])
})

test('of messages of one key at the same time one begins the thread', async () => {
  const { channel, send } = await prepare({ title: '{{data.n}}', threadKey: 'order {{data.order.id}}' })
  const sent = await Promise.all([1, 2, 3].map((n) => send({ n, order: { id: 7 } })))
  const messages = await slack.messages(channel)
  expect(messages).toHaveLength(3)
  expect(messages.map(({ thread_ts }) => thread_ts)).toEqual([undefined, messages[0]!.ts, messages[0]!.ts])
  // One a second is what Slack takes of a channel.
  const startedAt = sent.map(({ delivery }) => Date.parse(delivery!.lastAttempt!.startedAt))
  expect(Math.max(...startedAt) - Math.min(...startedAt)).toBeGreaterThan(1_500)
})

test('the channels to choose from are those that the bot sees, by name', async () => {
  await createChannel('zebra')
  const secret = await createChannel('alpha-team', { is_private: 'true' })
  await slack.call('conversations.archive', { channel: await createChannel('alpha-old') })
  const ask = async (search: string) => {
    const input = { connector: 'slack', field: 'channel', config: { apiUrl: slack.apiUrl }, credentials, search }
    return (await backend.send(documents.ConnectorFieldOptionsDocument, { input })).connectorFieldOptions
  }
  const { options, userErrors } = await ask('')
  expect(userErrors).toEqual([])
  expect(options[0]).toEqual({ label: '#alpha-team (private)', value: secret })
  expect(options.map(({ label }) => label)).toEqual(expect.arrayContaining(['#general', '#random', '#zebra']))
  expect(await ask('#Alpha')).toMatchObject({ options: [{ value: secret }] })
})

test('"Test connection" is content with a channel that the bot is in, and names the field otherwise', async () => {
  const channel = await createChannel('checked')
  expect(await check({ channel })).toEqual({ checked: true, userErrors: [] })
  const unknown = await check({ channel: 'C0000000000' })
  expect(unknown).toMatchObject({
    checked: false,
    userErrors: [
      { path: ['input', 'config', 'channel'], message: expect.stringContaining('does not know the channel') },
    ],
  })
  await slack.call('conversations.archive', { channel })
  expect((await check({ channel })).userErrors).toMatchObject([{ message: expect.stringContaining('archived') }])
})

test('"Test connection" of a webhook posts nothing', async () => {
  const before = await slack.messages('C000000001')
  const { checked } = await check({}, { webhookUrl: slack.webhookUrl })
  expect(checked).toBe(true)
  expect(await slack.messages('C000000001')).toEqual(before)
  const wrong = await check({}, { webhookUrl: slack.webhookUrl.replace('/T000000001/', '/') })
  expect(wrong.userErrors).toMatchObject([
    { path: ['input', 'credentials', 'webhookUrl'], message: expect.stringContaining('HTTP 404') },
  ])
})

test.each([
  [{}, {}, 'credentials.botToken', 'give a bot token, or an incoming-webhook URL'],
  [
    {},
    { ...credentials, webhookUrl: 'https://hooks.slack.com/services/T0/B0/x' },
    'credentials.webhookUrl',
    'one too many',
  ],
  [{}, { botToken: 'xoxp-1234567890-of-a-person' }, 'credentials.botToken', 'no bot token'],
  [{}, { webhookUrl: 'https://app.slack.com/client/T0' }, 'credentials.webhookUrl', 'no incoming-webhook URL'],
  [{ channel: '#general' }, credentials, 'config.channel', 'no ID of a channel'],
  [
    { threadKey: '{{data.order.id}}' },
    { webhookUrl: 'https://hooks.slack.com/services/T0/B0/x' },
    'config.threadKey',
    'needs a bot token',
  ],
  [{ channel: 'C0123456789', apiUrl: 'http://169.254.169.254/' }, credentials, 'config.apiUrl', ''],
  [{ fields: Array(11).fill('data.a') }, credentials, 'config.fields', ''],
  [{ fields: ['order.id'] }, credentials, 'config.fields.0', 'write data.order.id'],
  [{ fields: ['{{data.order.id}}'] }, credentials, 'config.fields.0', 'no path'],
])('settings %j with %j are refused at %s', async (config, secrets, path, message) => {
  const input = {
    organizationId: await backend.organization(),
    label: 'x',
    connector: 'slack',
    config,
    credentials: secrets,
  }
  const { destinationCreate } = await backend.send(documents.DestinationCreateDocument, { input })
  expect(destinationCreate.destination).toBeNull()
  expect(destinationCreate.userErrors).toMatchObject([
    { path: ['input', ...path.split('.')], message: expect.stringContaining(message) },
  ])
})

test.each([
  [{ title: 'x' }, credentials, 'needs the channel'],
  [{ channel: 'C0123456789' }, { webhookUrl: 'https://hooks.slack.com/services/T0/B0/x' }, 'its own channel only'],
])(
  'a channel that does not go with the credentials (%j) is refused when it is saved, and by "Test connection"',
  async (config, secrets, message) => {
    const problems = [{ path: ['input', 'config', 'channel'], message: expect.stringContaining(message) }]
    expect((await check(config, secrets)).userErrors).toMatchObject(problems)
    const organizationId = await backend.organization()
    const input = {
      organizationId,
      label: 'Slack',
      connector: 'slack',
      config: { apiUrl: slack.apiUrl, ...config },
      credentials: secrets,
    }
    const { destinationCreate } = await backend.send(documents.DestinationCreateDocument, { input })
    expect(destinationCreate.userErrors).toMatchObject(problems)
  },
)

test('a preview needs no credentials', async () => {
  const preview = async (config: Record<string, unknown>) => {
    const input = { connector: 'slack', config, eventType: 'order.paid', data: { a: 1 } }
    return (await backend.send(documents.DestinationPreviewDocument, { input })).destinationPreview
  }
  const bot = await preview({ channel: 'C0123456789' })
  expect(bot).toMatchObject({ request: { url: 'https://slack.com/api/chat.postMessage' }, userErrors: [] })
  expect(JSON.parse(bot.request!.body!)).toMatchObject({ channel: 'C0123456789', text: 'order.paid' })
  expect((await preview({})).request!.url).toBe('https://hooks.slack.com/services/')
})

async function createChannel(name: string, fields: Record<string, string> = {}): Promise<string> {
  const { channel } = (await slack.call('conversations.create', { name, ...fields })) as { channel: { id: string } }
  return channel.id
}

async function check(config: Record<string, unknown>, secrets: Record<string, string> = credentials) {
  const document = new documents.TypedDocumentString<
    { connectorCheck: { checked: boolean; userErrors: { path: string[]; message: string }[] } },
    { input: unknown }
  >('mutation($input: ConnectorCheckInput!) { connectorCheck(input: $input) { checked userErrors { path message } } }')
  const input = { connector: 'slack', config: { apiUrl: slack.apiUrl, ...config }, credentials: secrets }
  return (await backend.send(document, { input })).connectorCheck
}

let channels = 0
async function prepare(config: Record<string, unknown>) {
  const channel = await createChannel(`channel-${++channels}`)
  const organizationId = await backend.organization(`of-${channel}`)
  const { id } = await create(organizationId, { channel, ...config }, credentials)
  return { id, channel, send: (data: unknown) => publish(organizationId, id, data) }
}

function create(organizationId: string, config: Record<string, unknown>, secrets: Record<string, string>) {
  return backend.destination({
    organizationId,
    connector: 'slack',
    config: { apiUrl: slack.apiUrl, ...config },
    credentials: secrets,
  })
}

/** Publishes, and waits for what becomes of it at the destination. */
async function publish(organizationId: string, destinationId: string, data: unknown) {
  const { id, deliveries } = await backend.publish({ organizationId, type: 'order.paid', data })
  const deliveryId = deliveries.find((one) => one.destinationId === destinationId)!.id
  await backend.finished(deliveryId)
  return { eventId: id, ...(await backend.send(documents.DeliveryDocument, { id: deliveryId })) }
}
