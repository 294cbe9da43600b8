import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stageConnector } from '../../test/support/connector-stage.ts'
import { leastCpuMs } from '../../test/support/cpu-time.ts'
import { startTestPostrider, type TestPostrider } from '../../test/support/postrider.ts'
import { type Answer, startReceiver } from '../../test/support/receiver.ts'
import { buildMessage } from './card.ts'
import { configSchema } from './settings.ts'

const SECRET_PATH = '/workflows/0123/triggers/manual/paths/invoke?api-version=2016-06-01&sig=made-up-signature'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true })
formats.default(ajv)
const isCard = ajv.compile(
  JSON.parse(readFileSync(path.join(import.meta.dirname, 'adaptive-card.schema.json'), 'utf8')),
)

function cardOf(data: unknown, config: Record<string, unknown> = {}) {
  const event = { id: 'evt_1', type: 'order.paid', createdAt: new Date(0), organizationId: 'acme', data }
  const message = buildMessage(event, configSchema.parse(config), false)
  expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThanOrEqual(20_000)
  expect(message).toMatchObject({ type: 'message', attachments: [{ contentType: expect.stringMatching(/adaptive$/) }] })
  const card = message.attachments[0]!.content
  expect(isCard(card), JSON.stringify(isCard.errors)).toBe(true)
  for (const text of textsIn(card)) expect(text.isWellFormed()).toBe(true)
  return card
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsIn) : []
}

const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
const thirty = (text: string) => Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`${n}${text}`, text]))
// None is larger than an event may be: 256 KB.
const corpus: [string, unknown][] = [
  ['null', null],
  ['a text', 'hello'],
  ['a list', [1, [2]]],
  ['nothing', {}],
  ['empty names and values', { '': '', ' ': ' ', a: null }],
  ['thirty long values', thirty('x'.repeat(4_000))],
  ['thirty values of control characters', thirty('\u0001'.repeat(700))],
  ['thirty values of half characters', thirty('\ud800\udbff'.repeat(350))],
  ['thirty values of markdown', thirty('*_\\"'.repeat(700))],
  ['250 KB of emoji', { text: '👩‍👩‍👧‍👦'.repeat(10_000) }],
  ['deep', nested(100_000)],
]
const settings: Record<string, unknown>[] = [
  {},
  { details: 'json', text: '{{data}}'.repeat(100), title: '{{data}}', link: 'https://example.com/{{data}}' },
  { details: 'none', title: '{{data.text}} {{data.no.such}}', text: '- {{data.text}}\n'.repeat(50) },
]

test.each(corpus.flatMap(([name, data]) => settings.map((config, n) => [name, n, data, config] as const)))(
  'data that is %s, with settings %i, makes a card of the published form, small enough, and soon',
  (_name, _n, data, config) => {
    expect(leastCpuMs(() => cardOf(data, config))).toBeLessThan(50)
  },
)

test('a card shows the values of the data, and where they come from', () => {
  const data = { id: 7, customer: { name: 'Ada' }, note: null }
  const link = 'https://app.example.com/orders/{{data.customer.name}}'
  const card = cardOf(data, { title: 'Order {{data.id}}', text: '**{{data.customer.name}}** paid', link })
  const run = (text: string, style = {}) => ({ type: 'TextRun', text, ...style })
  const field = (name: string, value: string) => ({
    type: 'RichTextBlock',
    inlines: [run(`${name}: `, { weight: 'bolder' }), run(value)],
    spacing: 'small',
  })
  expect(card.body).toEqual([
    { type: 'RichTextBlock', inlines: [run('Order 7', { weight: 'bolder', size: 'large' })] },
    { type: 'TextBlock', text: '**Ada** paid', wrap: true },
    field('id', '7'),
    field('customer', '{"name":"Ada"}'),
    field('note', '–'),
    { type: 'RichTextBlock', inlines: [run('evt_1 · 1970-01-01T00:00:00.000Z', { size: 'small', isSubtle: true })] },
  ])
  expect(card.actions).toEqual([{ type: 'Action.OpenUrl', title: 'Open', url: 'https://app.example.com/orders/Ada' }])
  expect(cardOf({ id: 7 }, { link }).actions).toBeUndefined()
  expect(JSON.stringify(cardOf({ id: 7 }, { details: 'json' }))).toContain(JSON.stringify('{\n  "id": 7\n}'))
})

test('what the data says formats nothing and mentions nobody', () => {
  const text = '**b** _i_ [l](https://evil.example) <at>all</at> `c` # h\n- x\n1. y &lt;'
  const card = cardOf({ text }, { text: '*T* {{data.text}}', title: '{{data.text}}' })
  // Values outside the person's own text stand where no markdown is read.
  for (const element of card.body) if (element.type === 'TextBlock') expect(element.text).toMatch(/^\*T\* /)
  expect(card.body[1]).toMatchObject({
    text: '*T* \\*\\*b\\*\\* \\_i\\_ \\[l\\]\\(https://evil.example\\) \\<at\\>all\\</at\\> \\`c\\` \\# h\n\\- x\n1\\. y \\&lt;',
  })
})

const json = (status: number, body: unknown, headers = {}): Answer => {
  return (response) => response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
}

test('202 is success, and no record shows the URL', async () => {
  await using teams = await startReceiver(() => 202)
  const { destination, deliver } = await prepare(teams.url, { channelName: 'Sales' })
  const delivery = await deliver({ text: '<at>all</at>' })
  expect(delivery).toMatchObject({ status: 'SUCCEEDED', attemptCount: 1 })
  expect(teams.requests[0]).toMatchObject({ method: 'POST', path: SECRET_PATH })
  const card = JSON.parse(teams.requests[0]!.body).attachments[0].content
  expect(isCard(card), JSON.stringify(isCard.errors)).toBe(true)
  expect(delivery.lastAttempt!.request!.url).toBe('[redacted]')
  expect(JSON.stringify([delivery, await destination()])).not.toContain('made-up')
  expect((await destination()).target).toBe('Sales')
})

test('a test message says so', async () => {
  await using teams = await startReceiver(() => 202)
  const { sendTest } = await prepare(teams.url)
  expect(await sendTest({})).toMatchObject({ outcome: 'SUCCESS' })
  expect(JSON.parse(teams.requests[0]!.body).attachments[0].content.body[0].inlines[0].text).toBe('Test: a')
})

test('too many messages wait for as long as Teams says', async () => {
  const times: number[] = []
  await using teams = await startReceiver((_, n) => {
    times.push(performance.now())
    return n === 1 ? json(429, '', { 'retry-after': '1' }) : 202
  })
  const { deliver } = await prepare(teams.url)
  expect(await deliver({})).toMatchObject({ status: 'SUCCEEDED', attemptCount: 2 })
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(1_000)
})

test.each([
  [404, 'GONE', /was deleted in Teams/],
  [410, 'GONE', /was deleted in Teams/],
  [401, 'CREDENTIALS_REJECTED', /copy it again/],
  [403, 'CREDENTIALS_REJECTED', /copy it again/],
])('%i switches the destination off, with what to do', async (status, reason, message) => {
  await using teams = await startReceiver(() => status)
  const { destination, deliver } = await prepare(teams.url)
  expect((await deliver({})).lastAttempt!.errorMessage).toMatch(message)
  expect(await destination()).toMatchObject({ health: 'DISABLED', disabledReason: reason })
})

test.each([
  ['a refused card is not sent again', json(400, { error: { message: 'No such card' } }), 1, /message: No such card$/],
  ['one that is too large is not sent again', json(413, 'Request Entity too large'), 1, /Request Entity too large/],
  ['an error is tried again', json(502, { error: { message: 'No response' } }), 2, /answered 502/],
])('%s, and the destination stays on', async (_, answer, attemptCount, errorMessage) => {
  await using teams = await startReceiver(() => answer)
  const { destination, deliver } = await prepare(teams.url)
  const delivery = await deliver({})
  expect(delivery).toMatchObject({ status: 'FAILED', attemptCount })
  expect(delivery.lastAttempt!.errorMessage).toMatch(errorMessage)
  expect((await destination()).disabledReason).toBeNull()
})

test.each([
  [`https://example.com${SECRET_PATH}`, false],
  [`https://logic.azure.com.evil.example${SECRET_PATH}`, false],
  [`http://prod-1.westeurope.logic.azure.com${SECRET_PATH}`, false],
  ['https://prod-1.westeurope.logic.azure.com/workflows/1', false],
  ['https://acme.webhook.office.com/webhookb2/1?sig=x', false],
  [`https://prod-1.westeurope.logic.azure.com:443${SECRET_PATH}`, true],
  [`https://default0123.4a.environment.api.powerplatform.com:443${SECRET_PATH}`, true],
])('the URL %s is taken: %s', async (url, isTaken) => {
  const made = stageConnector(postrider, { connector: 'teams', config: {}, credentials: { url } })
  if (isTaken) await made
  else await expect(made).rejects.toThrow(/the URL that the workflow shows/)
})

function prepare(receiverUrl: string, config: Record<string, unknown> = {}) {
  const credentials = { url: new URL(SECRET_PATH, receiverUrl).href }
  return stageConnector(postrider, { connector: 'teams', config, credentials })
}
