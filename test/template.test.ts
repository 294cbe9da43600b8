import {
  type ConnectorEvent,
  placeholdersOf,
  renderTemplate,
  renderWholly,
  templateProblem,
  writeJson,
} from 'postrider/connector'
import { expect, test } from 'vitest'

const event: ConnectorEvent = {
  id: 'evt_1',
  type: 'order.paid',
  createdAt: new Date(0),
  organizationId: 'acme',
  data: { customer: { name: 'Zoë <b>' }, lines: [{ sku: 'A-1' }], total: 12.5, paid: true, note: null, empty: '' },
}

test.for([
  [
    '{{type}} of {{ organizationId }} at {{createdAt}}: {{id}}',
    'order.paid of acme at 1970-01-01T00:00:00.000Z: evt_1',
  ],
  ['{{data.customer.name}}, {{data.total}}, {{data.paid}}', 'Zoë <b>, 12.5, true'],
  ['{{data.lines.0.sku}} of {{data.lines}}', 'A-1 of [{"sku":"A-1"}]'],
  ['[{{data.nope}}][{{data.nope.deeper}}][{{data.note}}][{{data.empty}}][{{nope}}]', '[][][][][]'],
  ['{{data.constructor}}{{data.lines.length}}{{data.customer.name.length}}', '1'],
  ['{{}} {{ }} {type} {{data customer}} {{{{type}}}}', '{{}} {{ }} {type} {{data customer}} {{order.paid}}'],
] as const)('%s becomes %s', ([template, text]) => {
  expect(renderTemplate(template, event)).toBe(text)
})

test('values are written for the target, what stands around them is not', () => {
  const write = (value = '–') => value.replaceAll('<', '&lt;')
  expect(renderTemplate('<i>{{data.customer.name}}</i> {{data.nope}}', event, write)).toBe('<i>Zoë &lt;b></i> –')
})

test('a value is written once, with how often it stands there and what it is', () => {
  const seen: unknown[] = []
  const rendered = renderTemplate(
    '{{data.total}} {{type}} {{ data.total }} {{data.nope}}',
    event,
    (text, placeholder) => {
      seen.push([text, placeholder])
      return `<${text}>`
    },
  )
  expect(rendered).toBe('<12.5> <order.paid> <12.5> <undefined>')
  expect(seen).toEqual([
    ['12.5', { value: 12.5, times: 2 }],
    ['order.paid', { value: 'order.paid', times: 1 }],
    [undefined, { value: undefined, times: 1 }],
  ])
})

test('what needs all of its values is nothing without one of them', () => {
  expect(renderWholly('{{data.total}}/{{type}}', event)).toBe('12.5/order.paid')
  expect(renderWholly('{{data.customer.name}}', event, encodeURIComponent)).toBe('Zo%C3%AB%20%3Cb%3E')
  for (const path of ['nope', 'note', 'empty']) expect(renderWholly(`{{type}}/{{data.${path}}}`, event)).toBeUndefined()
  expect(renderWholly('no placeholder', event)).toBe('no placeholder')
})

test('what a value holds is no template', () => {
  expect(renderTemplate('{{data}}', { ...event, data: '{{type}} $& $1' })).toBe('{{type}} $& $1')
})

test('of data that is deep or long the beginning is shown', () => {
  let deep: unknown = 1
  for (let n = 0; n < 100_000; n += 1) deep = [deep]
  expect(writeJson(deep, 1_000)).toBe(`${'['.repeat(100)}…${']'.repeat(100)}`)
  const long = { list: Array.from({ length: 50_000 }, (_, n) => n) }
  expect(writeJson(long, 20)).toMatch(/^\{"list":\[0,1,2,3,/)
  expect(writeJson(long, 20).length).toBeLessThan(40)
  expect(renderTemplate('{{data}}', { ...event, data: long }).length).toBeLessThan(10_100)
  expect(writeJson({ a: [1, { b: null }], c: {} }, 1_000, '  ')).toBe(
    JSON.stringify({ a: [1, { b: null }], c: {} }, null, 2),
  )
})

test('a placeholder that no event has is told of', () => {
  expect(templateProblem('{{type}} {{data.order.id}} {{data}} {order}')).toBeUndefined()
  expect(templateProblem('{{type}} {{order.id}}')).toMatch(/^holds \{\{order\.id}}, .*write \{\{data\.order\.id}}/)
})

test('a template says what it looks up', () => {
  expect(placeholdersOf('{{type}} {{ data.a }} {{type}}')).toEqual(['type', 'data.a', 'type'])
})
