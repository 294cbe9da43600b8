import { expect, test } from 'vitest'
import { leastCpuMs } from '../../test/support/cpu-time.ts'
import { buildMessage } from './message.ts'
import { configSchema } from './settings.ts'

const base = { host: 'smtp.example.com', from: 'alerts@example.com', to: ['ops@example.com'] }

test('values are escaped in HTML, and make one line of a subject', () => {
  const name = 'x\r\nBcc: victim@example.com\r\n\r\n<script>"&\u2028Y: 1'
  const message = messageOf({ name }, { subject: 'About {{data.name}}', html: '<p title="{{data.name}}"></p>' })
  expect(message.subject).toBe('About x Bcc: victim@example.com <script>"& Y: 1')
  expect(message.html).toBe('<p title="x\r\nBcc: victim@example.com\r\n\r\n&lt;script&gt;&quot;&amp;\u2028Y: 1"></p>')
})

function messageOf(data: unknown, config: Record<string, unknown>) {
  const event = { id: 'evt_1', type: 'order.paid', createdAt: new Date(0), organizationId: 'acme', data }
  const settings = configSchema.parse({ ...base, ...config })
  return buildMessage({ event, config: settings, delivery: { id: 'dlv_1', isTest: false } })
}

test('of long data a mail has more than other messages have room for, with indentation', () => {
  const data = { n: 7, text: 'x'.repeat(20_000) }
  const message = messageOf(data, { text: '{{data}}', html: '<pre>{{data.text}}</pre>' })
  expect(message.text).toBe(JSON.stringify(data, null, 2))
  expect(message.html).toBe(`<pre>${data.text}</pre>`)
})

const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
test.each([
  ['null', null],
  ['nothing', {}],
  ['half characters', { text: '\ud800'.repeat(40_000) }],
  ['250 KB of emoji', { text: '👩‍👩‍👧‍👦'.repeat(10_000) }],
  ['250 KB of angle brackets', { text: '<'.repeat(250_000) }],
  ['long numbers', { text: Array.from({ length: 50_000 }, () => 1e20) }],
  ['deep', nested(100_000)],
] as [string, unknown][])('data that is %s makes a mail of bounded size, and soon', (_, data) => {
  const config = {
    subject: '{{data.text}}',
    text: '{{data}}'.repeat(1_000),
    html: '<p>{{data.text}}{{data}}</p>'.repeat(300),
  }
  const message = messageOf(data, config)
  expect(message.subject.length).toBeLessThanOrEqual(250)
  expect(message.subject).not.toBe('')
  expect(message.text.length).toBeLessThanOrEqual(110_000)
  expect(message.html!.length).toBeLessThanOrEqual(700_000)
  expect(JSON.stringify(message).isWellFormed()).toBe(true)
  expect((message.subject + message.text + message.html).isWellFormed()).toBe(true)
  expect(leastCpuMs(() => messageOf(data, config))).toBeLessThan(50)
})

test.each([
  ['localhost', true],
  ['mail', true],
  ['mail.internal', true],
  ['10.1.2.3', true],
  ['172.31.0.1', true],
  ['::1', true],
  ['172.32.0.1', false],
  ['8.8.8.8', false],
  ['2606:4700::1', false],
  ['smtp.example.com', false],
  ['internal.example.com', false],
])('%s may be talked to without encryption: %s', (host, isTaken) => {
  expect(configSchema.safeParse({ ...base, host, security: 'none' }).success).toBe(isTaken)
  expect(configSchema.safeParse({ ...base, host, security: 'tls' }).success).toBe(true)
})
