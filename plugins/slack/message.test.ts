import type { ConnectorEvent } from 'postrider/connector'
import { expect, test } from 'vitest'
import { leastCpuMs } from '../../test/support/cpu-time.ts'
import slack from './index.ts'
import { configSchema } from './settings.ts'

// The message itself, of data of any shape: escaped, and within the limits that Slack documents.

interface Text {
  type: string
  text: string
  emoji?: boolean
  verbatim?: boolean
}

interface Block {
  type: string
  text?: Text
  fields?: Text[]
  /** A button has a text object, a context's element is one. */
  elements?: { text: string | Text; url?: string }[]
}

const createdAt = new Date('2026-11-21T10:00:00Z')
const token = 'xoxb-1234567890-not-a-real-token'

function build(data: unknown, settings: Record<string, unknown> = {}, { isTest = false } = {}) {
  const event: ConnectorEvent = { id: 'evt_1', type: 'order.paid', createdAt, organizationId: 'acme', data }
  const config = configSchema.parse({ channel: 'C0123456789', ...settings })
  const delivery = { id: 'dlv_1', attempt: 1, isTest }
  const request = slack.buildRequest({ event, body: '', config, credentials: { botToken: token }, delivery })
  const body = JSON.parse(request.body!) as { text: string; blocks: Block[]; metadata: unknown; channel: string }
  return { request, ...body, of: (type: string) => body.blocks.filter((block) => block.type === type) }
}

/** Of each block its text, its fields, and those of its buttons. */
function textsOf(blocks: readonly Block[]): string[] {
  return blocks.flatMap(({ text, fields = [], elements = [] }) => {
    const inside = elements.map((one) => (typeof one.text === 'string' ? one.text : one.text.text))
    return [...(text ? [text.text] : []), ...fields.map((field) => field.text), ...inside]
  })
}

/** What Slack would refuse. */
function breaches({ text, blocks }: { text: string; blocks: Block[] }): string[] {
  const texts = textsOf(blocks)
  const urls = blocks.flatMap(({ elements = [] }) => elements.flatMap(({ url }) => (url ? [url] : [])))
  const rules: [string, boolean][] = [
    ['no text', text.trim() === ''],
    ['text', text.length > 40_000],
    ['blocks', blocks.length > 50],
    ['all blocks', [...texts, ...urls].join('').length > 9_500],
    ['an empty text', texts.some((one) => one.trim() === '')],
    ['header', blocks.some((block) => block.type === 'header' && block.text!.text.length > 150)],
    ['section', blocks.some((block) => (block.text?.text.length ?? 0) > 3_000)],
    ['fields', blocks.some(({ fields }) => fields && (fields.length < 1 || fields.length > 10))],
    ['field', blocks.some(({ fields = [] }) => fields.some((field) => field.text.length > 2_000))],
    ['url', urls.some((url) => url.length > 3_000)],
    // Half a character, half an entity, or markup that nobody has written.
    ['half', [text, ...texts].some((one) => !one.isWellFormed() || /&(?!(amp|lt|gt);)|[<>]/.test(one))],
  ]
  return rules.flatMap(([name, isBroken]) => (isBroken ? [name] : []))
}

test('a message has a headline, text, fields, the data, a button and where it comes from', () => {
  const { request, channel, text, blocks, metadata } = build(
    { order: { id: 'o-7', 'a/b': 1 }, total: 12.5, paid: true, note: null },
    {
      title: 'Order {{data.order.id}}',
      text: '*{{data.total}}* {{data.order.a/b}} {{data.nothing}}',
      fields: ['data.order.id', 'data.order', 'data.note'],
      link: 'https://shop.example.com/orders/{{data.order.id}}',
      linkLabel: 'Show',
    },
  )
  expect(request).toMatchObject({
    url: 'https://slack.com/api/chat.postMessage',
    headers: { authorization: `Bearer ${token}` },
  })
  expect(request.body).not.toContain('xoxb')
  expect(channel).toBe('C0123456789')
  expect(text).toBe('Order o-7\n*12.5* 1 –')
  const plain = (words: string) => ({ type: 'plain_text', text: words, emoji: false })
  expect(blocks).toEqual([
    { type: 'header', text: plain('Order o-7') },
    { type: 'section', text: { type: 'mrkdwn', text: '*12.5* 1 –', verbatim: true } },
    { type: 'section', fields: [plain('id\no-7'), plain('order\n{"id":"o-7","a/b":1}'), plain('note\n–')] },
    {
      type: 'section',
      text: {
        type: 'mrkdwn',
        verbatim: true,
        text: '```\n{\n  "order": {\n    "id": "o-7",\n    "a/b": 1\n  },\n  "total": 12.5,\n  "paid": true,\n  "note": null\n}\n```',
      },
    },
    {
      type: 'actions',
      elements: [
        { type: 'button', text: plain('Show'), url: 'https://shop.example.com/orders/o-7', action_id: 'open' },
      ],
    },
    { type: 'context', elements: [plain('evt_1 · 2026-11-21T10:00:00.000Z')] },
  ])
  expect(metadata).toEqual({
    event_type: 'postrider_delivery',
    event_payload: { delivery_id: 'dlv_1', event_id: 'evt_1', event_type: 'order.paid' },
  })
})

test("by itself it says the event's type, and shows the first ten plain values", () => {
  const data = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`k${n}`, n === 1 ? { deep: 1 } : n]))
  const { text, of } = build(data)
  expect(text).toBe('order.paid')
  const [fields, json] = of('section')
  expect(fields!.fields!.map((field) => field.text)).toEqual([
    'k0\n0',
    'k2\n2',
    'k3\n3',
    'k4\n4',
    'k5\n5',
    'k6\n6',
    'k7\n7',
    'k8\n8',
    'k9\n9',
    'k10\n10',
  ])
  expect(json!.text!.text).toContain('"deep": 1')
  expect(build(data, { fields: [], showData: false }).blocks.map((block) => block.type)).toEqual(['header', 'context'])
})

test("the event's own values stand beside those of data that has a member of that name", () => {
  const data = { type: 'of the data', length: 5, list: [{ a: 1 }] }
  const title = '{{id}} {{type}} {{createdAt}} {{organizationId}} {{data.type}} {{data.length}} {{data.list.0.a}}'
  expect(build(data, { title }).text).toBe('evt_1 order.paid 2026-11-21T10:00:00.000Z acme of the data 5 1')
  expect(build(data, { title: '{{type.length}}{{data.__proto__}}{{data.list.x}}' }).text).toBe('–'.repeat(3))
})

test('a test message says so', () => {
  const { text, of } = build({}, {}, { isTest: true })
  expect(text).toBe('Test: order.paid')
  expect(of('context')[0]!.elements![0]!.text).toBe('evt_1 · 2026-11-21T10:00:00.000Z · Test')
})

test('what a customer sends mentions nobody, links nowhere and ends no block of code', () => {
  const evil = '<!channel> <@U0123456789> <https://evil.example|click> & @here ```'
  const escaped = '&lt;!channel&gt; &lt;@U0123456789&gt; &lt;https://evil.example|click&gt; &amp; @here ```'
  const settings = { title: '{{data.x}}', text: '<!here> {{data.y}}' }
  const message = build({ [evil]: evil }, settings)
  const own = build({ x: evil, y: evil, [evil]: 1 }, settings)
  expect(breaches({ ...message, text: 'x', blocks: message.of('header') })).toEqual([])
  expect(own.text).toBe(`${escaped}\n<!here> ${escaped}`)
  expect(own.of('header')[0]!.text).toEqual({ type: 'plain_text', text: escaped, emoji: false })
  // The owner's own words keep their markup.
  expect(own.of('section')[0]!.text).toEqual({ type: 'mrkdwn', text: `<!here> ${escaped}`, verbatim: true })
  expect(own.of('section')[1]!.fields).toContainEqual({ type: 'plain_text', text: `${escaped}\n1`, emoji: false })
  const code = own.of('section')[2]!.text!.text
  expect(code.slice(3, -3)).not.toContain('`')
  expect(code).not.toMatch(/[<>]/)
  expect(
    JSON.parse(
      code.slice(3, -3).replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: '<', gt: '>', amp: '&' })[name as 'lt']!),
    ),
  ).toEqual({ x: evil, y: evil, [evil]: 1 })
})

const huge = 'é<&>😀'.repeat(50_000)
test.each([
  ['nothing', null],
  ['a text', 'hello'],
  ['an empty text', ''],
  ['a list', [1, [2, { a: null }]]],
  ['an empty object', {}],
  ['empty and blank values', { '': '', ' ': '  ', a: '\n\t' }],
  ['control characters and halves', { a: '\u0000\u001b[31m\ud83d', '\udc00': 1 }],
  ['one huge text', { title: huge }],
  [
    'many huge texts',
    Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`${n}${huge.slice(0, 5_000)}`, huge.slice(0, 5_000)])),
  ],
  ['a huge text alone', huge],
  ['many members', Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`member${n}`, n]))],
  ['a long list', Array.from({ length: 60_000 }, () => 0)],
  ['something deep', JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)],
  ['something deep of objects', JSON.parse(`${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`)],
])('%s becomes a message that Slack takes, in time', (_, data) => {
  const settings = [
    {},
    {
      title: '{{data.title}}',
      text: '{{data.title}} {{data.a}} {{data}}',
      fields: ['data.title', 'data.a', 'data'],
    },
    { title: ' {{data.a}}'.repeat(13), text: '{{data.title}}'.repeat(70), link: '{{data.title}}' },
    { text: `${'x'.repeat(980)}{{data.title}}`, link: `https://example.com/${'y'.repeat(950)}/{{data.title}}` },
  ]
  for (const one of settings) {
    expect(breaches(build(data, one))).toEqual([])
    expect(leastCpuMs(() => build(data, one))).toBeLessThan(50)
  }
})

test('what is cut says so, and one long value leaves the others their place', () => {
  const { text, of } = build({ a: 'x'.repeat(5_000), b: 'short', c: 'y'.repeat(5_000) }, { title: '{{data.a}}' })
  expect(text).toHaveLength(3_000)
  expect(of('header')[0]!.text!.text).toBe(`${'x'.repeat(149)}…`)
  const fields = of('section')[0]!.fields!.map((field) => field.text)
  expect(fields.map((field) => field.length)).toEqual([2_000, 7, 2_000])
  expect(of('section')[1]!.text!.text).toMatch(/^```\n[^`]*…\n```$/)
  // A value that stands there twice has half of the place each time.
  const twice = build({ a: 'x'.repeat(5_000) }, { text: '{{data.a}} and {{data.a}}' }).of('section')[0]!.text!.text
  expect(twice).toBe(`${'x'.repeat(1_496)}… and ${'x'.repeat(1_496)}…`)
  const ten = build(Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`k${n}`, 'x'.repeat(5_000)])))
  const lengths = ten.of('section')[0]!.fields!.map((field) => field.text.length)
  expect(lengths).toHaveLength(10)
  expect(new Set(lengths).size).toBe(1)
})

test.each([
  [
    'a value is encoded as a part of the address',
    'https://a.example/{{data.id}}',
    'https://a.example/1%202%2F..%3Fx%3D%26%22%3C',
  ],
  ['an address may be a value', '{{data.url}}', 'https://b.example/x?y=1&z=2'],
  ['a value is missing', 'https://a.example/{{data.id}}/{{data.nothing}}', undefined],
  ['it is no web address', '{{data.bad}}', undefined],
  ['it is too long', 'https://a.example/{{data.long}}', undefined],
  ['a value is no host', 'https://{{data.id}}/', undefined],
])('button: %s', (_, link, url) => {
  const data = {
    id: '1 2/..?x=&"<',
    url: 'https://b.example/x?y=1&z=2',
    bad: 'javascript:alert(1)',
    long: 'x'.repeat(4_000),
  }
  const { of } = build(data, { link })
  expect(of('actions')[0]?.elements?.[0]?.url).toBe(url)
})
