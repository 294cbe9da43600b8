import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stageConnector } from '../../test/support/connector-stage.ts'
import { leastCpuMs } from '../../test/support/cpu-time.ts'
import { startTestPostrider, type TestPostrider } from '../../test/support/postrider.ts'
import { type Answer, startReceiver } from '../../test/support/receiver.ts'
import { buildBody } from './event.ts'
import definition from './index.ts'
import { fitsPattern } from './pattern.ts'
import { configSchema } from './settings.ts'

const KEY = 'R0123456789abcdefghijklmnopqrstu'

let postrider: TestPostrider
beforeAll(async () => {
  postrider = await startTestPostrider()
})
afterAll(() => postrider[Symbol.asyncDispose]())

const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false })
formats.default(ajv)
const isEvent = ajv.compile(JSON.parse(readFileSync(path.join(import.meta.dirname, 'alert-event.schema.json'), 'utf8')))

interface Occasion {
  readonly type?: string
  readonly isTest?: boolean
}

function alertOf(
  data: unknown,
  config: Record<string, unknown> = {},
  { type = 'check.failed', isTest }: Occasion = {},
) {
  const event = { id: 'evt_1', type, createdAt: new Date(0), organizationId: 'acme', data }
  const occasion = { config: configSchema.parse(config), routingKey: KEY, isTest: isTest ?? false }
  const body = buildBody(event, occasion)
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(512 * 1_024)
  const alert = JSON.parse(body)
  expect(isEvent(alert), JSON.stringify(isEvent.errors)).toBe(true)
  return alert
}

const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
const corpus: [string, unknown][] = [
  ['null', null],
  ['a text', 'hello'],
  ['a list', [1, [2]]],
  ['nothing', {}],
  ['an empty text', { text: '  ' }],
  ['half a character', { text: '\ud800'.repeat(3_000) }],
  ['250 KB of emoji', { text: '👩‍👩‍👧‍👦'.repeat(10_000) }],
  // 250 KB as published, over 1 MB as JSON.stringify writes them.
  ['long numbers', { text: Array.from({ length: 50_000 }, () => 1e20) }],
  ['deep', nested(100_000)],
]
const templates = Object.fromEntries(
  ['dedupKey', 'summary', 'severity', 'source', 'component', 'group', 'class'].map((name) => [name, '{{data.text}}']),
)
const settings: Record<string, unknown>[] = [
  {},
  { ...templates, link: 'https://example.com/{{data.text}}' },
  { dedupKey: '{{data}}', summary: '{{data}}{{data}}', resolve: ['*'] },
]

test.each(corpus.flatMap(([name, data]) => settings.map((config, n) => [name, n, data, config] as const)))(
  'data that is %s, with settings %i, makes an event of the published form, small enough, and soon',
  (_name, _n, data, config) => {
    expect(leastCpuMs(() => alertOf(data, config))).toBeLessThan(50)
  },
)

test('an alert says what fails where, how badly, and leads there', () => {
  const data = { check: { id: 'c 1', name: 'Disk' }, level: 'WARN', host: 'db1' }
  const config = {
    summary: '{{data.check.name}} fails on {{data.host}}',
    dedupKey: '{{data.check.id}}',
    severity: '{{data.level}}',
    source: '{{data.host}}',
    component: '{{data.check.name}}',
    group: 'databases',
    client: 'Shop',
    link: 'https://app.example.com/checks/{{data.check.id}}',
  }
  expect(alertOf(data, config)).toEqual({
    routing_key: KEY,
    event_action: 'trigger',
    dedup_key: 'c 1',
    client: 'Shop',
    client_url: 'https://app.example.com/checks/c%201',
    links: [{ href: 'https://app.example.com/checks/c%201', text: 'Open in Shop' }],
    payload: {
      summary: 'Disk fails on db1',
      source: 'db1',
      severity: 'warning',
      timestamp: '1970-01-01T00:00:00.000Z',
      component: 'Disk',
      group: 'databases',
      class: 'check.failed',
      custom_details: data,
    },
  })
})

test('a link that lacks a value is left out', () => {
  const alert = alertOf({}, { link: 'https://app.example.com/checks/{{data.check.id}}' })
  expect(alert).toMatchObject({ client: 'Postrider' })
  expect(alert).not.toHaveProperty('links')
  expect(alert).not.toHaveProperty('client_url')
})

test('without settings each event is an alert of its own', () => {
  expect(alertOf([1])).toMatchObject({
    event_action: 'trigger',
    dedup_key: 'evt_1',
    payload: { summary: 'check.failed', severity: 'error', source: 'acme', custom_details: { data: [1] } },
  })
})

test('the type of the event decides what happens to the alert of its key', () => {
  const config = { resolve: ['check.recovered', 'incident.*.closed'], acknowledge: ['*.seen'], dedupKey: '{{data.id}}' }
  const action = (type: string) => alertOf({ id: 7 }, config, { type })
  expect(action('check.recovered')).toEqual({ routing_key: KEY, event_action: 'resolve', dedup_key: '7' })
  expect(action('incident.eu.closed').event_action).toBe('resolve')
  expect(action('check.seen')).toEqual({ routing_key: KEY, event_action: 'acknowledge', dedup_key: '7' })
  expect(action('check.recovered.again')).toMatchObject({ event_action: 'trigger', dedup_key: '7' })
})

test.each([
  ['a.b', 'a.b', true],
  ['a.b', 'a.b.c', false],
  ['*', '', true],
  ['a.*', 'a.', true],
  ['*.c', 'a.b.c', true],
  ['a*b*c', 'a1b2c', true],
  ['a*b*c', 'a1c2b', false],
  ['ab*ba', 'aba', false],
  ['a*bc*c', 'abc', false],
  ['a.b', 'aXb', false],
])('the pattern %s takes %s: %s', (pattern, text, fits) => {
  expect(fitsPattern(pattern, text)).toBe(fits)
})

test('the severity goes by type first, then by what the data says, and is error otherwise', () => {
  const config = { severity: '{{data.level}}', severityByType: [{ type: 'payment.*', severity: 'critical' }] }
  const severity = (level: unknown, type?: string) =>
    alertOf({ level }, config, type === undefined ? {} : { type }).payload.severity
  expect(severity('info', 'payment.failed')).toBe('critical')
  expect([severity('info'), severity('Critical'), severity('fatal'), severity('debug')]).toEqual([
    'info',
    'critical',
    'critical',
    'info',
  ])
  expect([severity('purple'), severity(3), severity(undefined), severity('constructor')]).toEqual(
    Array(4).fill('error'),
  )
})

test('long deduplication keys that begin alike stay apart', () => {
  for (const length of [300, 100_000]) {
    const key = (end: string) => alertOf({ id: 'x'.repeat(length) + end }, { dedupKey: '{{data.id}}' }).dedup_key
    expect(key('1')).not.toBe(key('2'))
    expect(key('1')).toBe(key('1'))
  }
})

test('a test triggers an alert that can be told apart, and touches none that is there', () => {
  const config = { dedupKey: 'disk', resolve: ['*'], severity: 'critical' }
  expect(alertOf({}, config, { isTest: true })).toMatchObject({
    event_action: 'trigger',
    dedup_key: 'test-disk',
    payload: { summary: 'Test: check.failed', severity: 'info' },
  })
  expect(alertOf({}, { summary: 'x'.repeat(1_000) }, { isTest: true }).payload.summary).toHaveLength(1_006)
  expect(
    alertOf({ text: 'x'.repeat(2_000) }, { summary: '{{data.text}}' }, { isTest: true }).payload.summary,
  ).toHaveLength(1_024)
})

test('the region says where events go', () => {
  const url = (region: 'US' | 'EU') => {
    const event = { id: 'evt_1', type: 'a', createdAt: new Date(0), organizationId: 'acme', data: {} }
    const delivery = { id: 'dlv_1', attempt: 1, isTest: false }
    const config = configSchema.parse({ region })
    return definition.buildRequest({ event, body: '', config, credentials: { routingKey: KEY }, delivery }).url
  }
  expect(url('US')).toBe('https://events.pagerduty.com/v2/enqueue')
  expect(url('EU')).toBe('https://events.eu.pagerduty.com/v2/enqueue')
})

const json = (status: number, body: unknown): Answer => {
  return (response) => response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
}
const taken = { status: 'success', message: 'Event processed', dedup_key: 'x' }

test('202 is success, and no record shows the key', async () => {
  await using pagerDuty = await startReceiver(() => json(202, taken))
  const { destination, deliver } = await prepare(pagerDuty.url, { dedupKey: '{{data.id}}', resolve: ['a.over'] })
  const delivery = await deliver({ id: 'disk' })
  expect(delivery).toMatchObject({ status: 'SUCCEEDED', attemptCount: 1 })
  await deliver({ id: 'disk' }, 'a.over')
  const sent = pagerDuty.requests.map(({ body }) => JSON.parse(body))
  for (const event of sent) expect(isEvent(event), JSON.stringify(isEvent.errors)).toBe(true)
  expect(sent.map((event) => [event.routing_key, event.event_action, event.dedup_key])).toEqual([
    [KEY, 'trigger', 'disk'],
    [KEY, 'resolve', 'disk'],
  ])
  expect(JSON.stringify([delivery, await destination()])).not.toContain(KEY)
  expect(JSON.parse(delivery.lastAttempt!.request!.body!).routing_key).toBe('[redacted]')
  expect((await destination()).target).toBe('PagerDuty US')
})

test.each([
  ['as text', json(400, 'Invalid routing key')],
  [
    'in its answer',
    json(400, {
      status: 'invalid event',
      message: 'Event object is invalid',
      errors: ["Length of 'routing_key' is incorrect (should be 32 characters)"],
    }),
  ],
])('a key that PagerDuty refuses %s switches the destination off, with what to do', async (_, answer) => {
  await using pagerDuty = await startReceiver(() => answer)
  const { destination, deliver } = await prepare(pagerDuty.url)
  expect((await deliver({})).lastAttempt!.errorMessage).toMatch(/copy it from the Events API V2 integration/)
  expect(await destination()).toMatchObject({ health: 'DISABLED', disabledReason: 'CREDENTIALS_REJECTED' })
})

const invalid = {
  status: 'invalid event',
  message: 'Event object is invalid',
  errors: [`'severity' is not one of ${KEY}`],
}
test.each([
  ['a refused event is not sent again', json(400, invalid), 1, /invalid; 'severity' is not one of \[redacted\]$/],
  ['one that is too large is not sent again', json(413, ''), 1, /refused the event: status 413$/],
  [
    '202 that says otherwise is no success',
    json(202, { status: 'throttled' }),
    2,
    /did not take the event: throttled$/,
  ],
  ['403 is tried again', json(403, 'Forbidden'), 2, /answered 403/],
  ['429 is tried again', json(429, ''), 2, /answered 429/],
  ['500 is tried again', json(500, '<html>'), 2, /answered 500/],
])('%s, and the destination stays on', async (_, answer, attemptCount, errorMessage) => {
  await using pagerDuty = await startReceiver(() => answer)
  const { destination, deliver } = await prepare(pagerDuty.url)
  const delivery = await deliver({})
  expect(delivery).toMatchObject({ status: 'FAILED', attemptCount })
  expect(delivery.lastAttempt!.errorMessage).toMatch(errorMessage)
  expect((await destination()).disabledReason).toBeNull()
})

test('an endpoint of an internal network is refused when it is saved', async () => {
  await expect(prepare('http://169.254.169.254/')).rejects.toThrow(/private or reserved/)
})

function prepare(endpoint: string, config: Record<string, unknown> = {}) {
  const settings = { connector: 'pagerduty', config: { endpoint, ...config }, credentials: { routingKey: KEY } }
  return stageConnector(postrider, settings)
}
