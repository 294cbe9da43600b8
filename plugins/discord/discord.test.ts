import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stageConnector } from '../../test/support/connector-stage.ts'
import { leastCpuMs } from '../../test/support/cpu-time.ts'
import { startTestPostrider, type TestPostrider } from '../../test/support/postrider.ts'
import { type Answer, startReceiver } from '../../test/support/receiver.ts'
import { buildMessage } from './message.ts'
import { configSchema } from './settings.ts'

const SECRET_PATH = '/api/webhooks/1012345678901234567/made-up_token-0123456789abcdef'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
formats.default(ajv)
const schema = readFileSync(path.join(import.meta.dirname, 'execute-webhook.schema.json'), 'utf8')
const isMessage = ajv.compile(JSON.parse(schema))

function messageOf(data: unknown, config: Record<string, unknown> = {}) {
  const event = { id: 'evt_1', type: 'order.paid', createdAt: new Date(0), organizationId: 'acme', data }
  const message = buildMessage(event, configSchema.parse(config), false)
  const [embed] = message.embeds
  expect(isMessage(message), JSON.stringify(isMessage.errors)).toBe(true)
  const texts = [embed!.title, embed!.description ?? '', embed!.footer.text]
  const fields = embed!.fields?.flatMap(({ name, value }) => [name, value]) ?? []
  expect([...texts, ...fields].join('').length).toBeLessThanOrEqual(6_000)
  for (const text of [...texts, ...fields]) expect(text.isWellFormed()).toBe(true)
  return embed!
}

const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
const corpus: [string, unknown][] = [
  ['null', null],
  ['a text', 'hello'],
  ['an empty text', ''],
  ['a list', [1, [2]]],
  ['nothing', {}],
  ['empty names and values', { '': '', ' ': ' ', a: null }],
  ['thirty values', Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`key ${n}`, 'x'.repeat(2_000)]))],
  [
    'markdown only',
    Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`${'*'.repeat(80)}${n}`, '_`'.repeat(900)])),
  ],
  ['250 KB of emoji', { text: '👩‍👩‍👧‍👦'.repeat(10_000) }],
  ['250 KB of backticks', { text: '`'.repeat(250_000) }],
  ['half a character', { text: '\ud800'.repeat(600), '\udc00': 1 }],
  ['deep', nested(100_000)],
]
const settings: Record<string, unknown>[] = [
  {},
  { details: 'json', text: '{{data}}', title: '{{data}}', link: 'https://example.com/{{data}}' },
  { details: 'none', title: '{{data.text}} {{data.no.such}}', text: '`{{data.text}}`'.repeat(60) },
]

test.each(corpus.flatMap(([name, data]) => settings.map((config, n) => [name, n, data, config] as const)))(
  'data that is %s, with settings %i, makes a message of the published form, within all limits, and soon',
  (_name, _n, data, config) => {
    expect(leastCpuMs(() => messageOf(data, config))).toBeLessThan(50)
  },
)

test('a message shows the values of the data, and where they come from', () => {
  const data = { id: 7, customer: { name: 'Ada' }, note: null, paid: true, at: 'https://example.com/a_b/c' }
  const config = { title: 'Order {{data.id}}', text: '**{{data.customer.name}}** paid', color: '#ff0000' }
  const link = 'https://app.example.com/orders/{{data.customer.name}}?x={{data.at}}'
  expect(messageOf(data, { ...config, link })).toEqual({
    title: 'Order 7',
    description: '**Ada** paid',
    url: 'https://app.example.com/orders/Ada?x=https%3A%2F%2Fexample.com%2Fa_b%2Fc',
    color: 0xff0000,
    fields: [
      { name: 'id', value: '7', inline: true },
      { name: 'customer', value: '{"name":"Ada"}', inline: false },
      { name: 'note', value: '–', inline: false },
      { name: 'paid', value: 'true', inline: true },
      { name: 'at', value: 'https://example.com/a_b/c', inline: true },
    ],
    timestamp: '1970-01-01T00:00:00.000Z',
    footer: { text: 'evt_1' },
  })
  expect(messageOf({ at: 1 }, { link }).url).toBeUndefined()
  expect(messageOf({ id: 7 }, { details: 'json' }).description).toBe('```json\n{\n  "id": 7\n}\n```')
})

test('what the data says formats nothing, links nowhere else, and calls nobody', () => {
  const data = { text: '**b** _i_ ~~s~~ `c` ||x|| # h > q [l](https://evil.example) <@123> @everyone', '*k*': 1 }
  const embed = messageOf(data, { text: 'T: {{data.text}}' })
  const literal =
    '\\*\\*b\\*\\* \\_i\\_ \\~\\~s\\~\\~ \\`c\\` \\|\\|x\\|\\| \\# h \\> q \\[l\\]\\(https://evil.example\\) \\<@\u200b123\\> @\u200beveryone'
  expect(embed.description).toBe(`T: ${literal}`)
  expect(embed.fields![0]!.value).toBe(literal)
  expect(embed.fields![1]!.name).toBe('\\*k\\*')
  expect(messageOf({ text: 'a``` @everyone' }, { details: 'json' }).description!.split('```')).toHaveLength(3)
})

test('a template reads what the data has of its own, and nothing that every object has', () => {
  expect(messageOf({}, { title: '-{{data.constructor}}{{data.__proto__}}{{type.length}}-' }).title).toBe('--')
})

test('a message goes out once, calls nobody, and no record shows the URL', async () => {
  await using discord = await startReceiver(() => (response) => response.writeHead(200).end('{"id":"1"}'))
  const { destination, deliver } = await prepare(discord.url, { threadId: '123456789012345678', username: 'Shop' })
  const delivery = await deliver({ text: '@everyone' })
  expect(delivery.status).toBe('SUCCEEDED')
  const { path: called, headers, body } = discord.requests[0]!
  expect(called).toBe(`${SECRET_PATH}?wait=true&thread_id=123456789012345678`)
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Postrider-Discord/1.0.0' })
  const message = JSON.parse(body)
  expect(isMessage(message), JSON.stringify(isMessage.errors)).toBe(true)
  expect(message).toMatchObject({ username: 'Shop', allowed_mentions: { parse: [] }, embeds: [{ title: 'a' }] })
  expect(delivery.lastAttempt!.request!.url).toBe('[redacted]?wait=true&thread_id=123456789012345678')
  expect(JSON.stringify([delivery, await destination()])).not.toContain('made-up_token')
  expect((await destination()).target).toBe('Discord')
})

test('a test message says so', async () => {
  await using discord = await startReceiver()
  const { sendTest } = await prepare(discord.url)
  expect(await sendTest({})).toMatchObject({ outcome: 'SUCCESS' })
  expect(JSON.parse(discord.requests[0]!.body).embeds[0].title).toBe('Test: a')
})

const json = (status: number, body: unknown, headers = {}): Answer => {
  return (response) => response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
}

// Longer than the connector's own rate limit keeps messages apart.
test('too many messages wait for as long as Discord says', async () => {
  const limited = { message: 'You are being rate limited.', retry_after: 1.4, global: false }
  const times: number[] = []
  await using discord = await startReceiver((_, n) => {
    times.push(performance.now())
    return n === 1 ? json(429, limited, { 'retry-after': '2' }) : 200
  })
  const { deliver } = await prepare(discord.url)
  expect(await deliver({})).toMatchObject({ status: 'SUCCEEDED', attemptCount: 2 })
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(1_400)
})

test.each([
  ['a deleted webhook', json(404, { message: 'Unknown Webhook', code: 10015 }), 'GONE', /was deleted in Discord/],
  [
    'a wrong token',
    json(401, { message: 'Invalid Webhook Token', code: 50027 }),
    'CREDENTIALS_REJECTED',
    /copy the URL/,
  ],
])('%s switches the destination off, with what to do', async (_, answer, reason, message) => {
  await using discord = await startReceiver(() => answer)
  const { destination, deliver } = await prepare(discord.url)
  expect((await deliver({})).lastAttempt!.errorMessage).toMatch(message)
  expect(await destination()).toMatchObject({ health: 'DISABLED', disabledReason: reason })
})

const refused = { message: 'Invalid Form Body', code: 50035, errors: { embeds: { _errors: [{ code: 'BASE_TYPE' }] } } }
test.each([
  ['a refused message is not sent again', json(400, refused), 1, /Invalid Form Body .*BASE_TYPE/],
  ['a missing thread fails the message', json(404, { message: 'Unknown Channel', code: 10003 }), 1, /no thread/],
  ['an error is tried again', json(502, '<html>'), 2, /answered 502/],
  ['a 404 of something else is tried again', json(404, '<html>'), 2, /answered 404/],
])('%s, and leaves the destination on', async (_, answer, attemptCount, errorMessage) => {
  await using discord = await startReceiver(() => answer)
  const { destination, deliver } = await prepare(discord.url)
  const delivery = await deliver({})
  expect(delivery).toMatchObject({ status: 'FAILED', attemptCount })
  expect(delivery.lastAttempt!.errorMessage).toMatch(errorMessage)
  expect((await destination()).disabledReason).toBeNull()
})

test.each([
  ['https://example.com/api/webhooks/1/token', false],
  ['https://discord.com.evil.example/api/webhooks/1/token', false],
  ['http://discord.com/api/webhooks/1/token', false],
  ['https://discord.com/api/webhooks/1/token?wait=true', false],
  ['https://DISCORD.com/api/webhooks/1/token', false],
  ['https://discord.com/api/webhooks/1', false],
  ['https://discord.com/api/v10/webhooks/1/to_ken-1', true],
  ['https://discordapp.com/api/webhooks/1/token', true],
])('the URL %s is taken: %s', async (url, isTaken) => {
  const made = stageConnector(postrider, { connector: 'discord', config: {}, credentials: { url } })
  if (isTaken) await made
  else await expect(made).rejects.toThrow(/the URL that Discord gives/)
})

test('the connection test asks Discord for the webhook, and posts nothing', async () => {
  await using discord = await startReceiver((_, n) =>
    n === 1 ? json(200, { id: '1' }) : json(404, { message: 'Unknown Webhook', code: 10015 }),
  )
  const { check } = await prepare(discord.url)
  expect(await check()).toEqual([])
  expect(discord.requests[0]).toMatchObject({ method: 'GET', path: SECRET_PATH })
  expect(await check()).toMatchObject([
    { path: ['input', 'credentials', 'url'], message: expect.stringMatching(/was deleted in Discord/) },
  ])
})

function prepare(receiverUrl: string, config: Record<string, unknown> = {}) {
  const credentials = { url: new URL(SECRET_PATH, receiverUrl).href }
  return stageConnector(postrider, { connector: 'discord', config, credentials })
}
