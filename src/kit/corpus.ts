/** An event that every connector has to bear. */
export interface CorpusEvent {
  /** Also the name of its golden file. */
  readonly name: string
  readonly type: string
  readonly data: unknown
  readonly isTest?: boolean
}

const mentions = '<!channel> <!here> <@U123> @everyone @here <at>all</at> #general'
const html =
  '</td><script>alert("1")</script><img src=x onerror=alert(1)> &amp; <b>bold</b> *bold* _it_ `code` [a](javascript:x)'

/** Data of the sizes and shapes that applications publish, and that strangers get them to publish. */
export const corpus: readonly CorpusEvent[] = [
  {
    name: 'order',
    type: 'order.placed',
    data: { id: 'ord_42', total: 250.5, paid: true, note: null, customer: { name: 'Ada Lovelace' } },
  },
  { name: 'empty', type: 'order.placed', data: {} },
  { name: 'null', type: 'order.placed', data: null },
  { name: 'text', type: 'order.placed', data: 'just a text' },
  { name: 'array', type: 'order.placed', data: [1, 'two', null, [3], { four: 4 }, true] },
  { name: 'nested', type: 'order.placed', data: { a: { b: { c: { d: { e: [{ f: [[[{ g: 'deep' }]]] }] } } } } } },
  {
    name: 'unicode',
    type: 'bestellung.größe',
    data: {
      'schlüssel "ä"': 'Grüße, 日本語, العربية, 👩‍👩‍👧, e\u0301',
      lines: 'one\ntwo\r\nthree\tfour\u2028five',
      odd: '\u0000\u0007\u202Etxt',
      half: '\ud83d',
    },
  },
  { name: 'mentions', type: 'order.placed', data: { text: mentions, [mentions]: [mentions] } },
  { name: 'html', type: 'order.placed', data: { text: html, [html]: [html] } },
  { name: 'test-send', type: 'order.placed', data: { id: 'ord_1' }, isTest: true },
  { name: 'large', type: 'order.placed', data: manyFields(250_000) },
]

/** 250 KB each, of what escaping, cutting and walking find hard; the hard ones again with settings as long as they may be. */
export const largeEvents: readonly (CorpusEvent & { readonly isHard?: true })[] = [
  { name: 'many fields', type: 'order.placed', data: manyFields(250_000), isHard: true },
  { name: 'one long text', type: 'order.placed', data: { text: 'a long text '.repeat(20_800) } },
  {
    name: 'nothing but characters to escape',
    type: 'order.placed',
    data: { text: `&<>"'*_\`@`.repeat(27_700) },
    isHard: true,
  },
  { name: 'nothing but spaces', type: 'order.placed', data: { text: ' '.repeat(250_000) } },
  { name: 'a thousand levels', type: 'order.placed', data: levels(1_000), isHard: true },
]

function manyFields(bytes: number): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (let n = 0, size = 0; size < bytes; n++) {
    const [name, value] = [`field ${n}`, { n, text: `value ${n} & more of it` }]
    fields[name] = value
    size += name.length + JSON.stringify(value).length + 4
  }
  return fields
}

function levels(depth: number): unknown {
  let value: unknown = 'x'.repeat(240_000)
  for (let n = 0; n < depth; n++) value = { a: value }
  return value
}
