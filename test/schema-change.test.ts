import { expect, test } from 'vitest'
import { EventTypeDocument, EventTypeUpsertDocument } from '../src/client/generated/documents.ts'
import { breakingChanges } from '../src/evaluate/schema-change.ts'
import { startTestPostrider } from './support/postrider.ts'

const object = (properties: object, required: string[] = []) => ({ type: 'object', properties, required })
const string = { type: 'string' }

test.each<[what: string, before: object, after: object | null, change: string]>([
  ['a field is removed', object({ a: string, b: string }), object({ a: string }), '/b is no longer sent'],
  ['a field is forbidden', object({ a: string }), object({ a: false }), '/a is no longer sent'],
  [
    'a field is renamed inside',
    object({ a: object({ b: string }) }),
    object({ a: object({ c: string }) }),
    '/a/b is no',
  ],
  ['a type is another', object({ a: string }), object({ a: { type: 'integer' } }), '/a is integer, and was string'],
  [
    'a type is narrowed',
    object({ a: { type: ['string', 'null'] } }),
    object({ a: string }),
    '/a is string, and was null or string',
  ],
  [
    'null is let in',
    object({ a: string }),
    object({ a: { type: ['string', 'null'] } }),
    '/a is null or string, and was',
  ],
  ['a type is given up', object({ a: string }), object({ a: {} }), '/a is of any type, and was string'],
  ['required is dropped', object({ a: string }, ['a']), object({ a: string }), '/a is no longer always sent'],
  ['an enum value is added', { enum: ['a', 'b'] }, { enum: ['a', 'b', 'c'] }, 'the data may be "c"'],
  ['an enum is given up', object({ a: { enum: [1] } }), object({ a: {} }), '/a may have any value'],
  ['a constant is another', { const: 1 }, { const: 2 }, 'the data may be 2'],
  ['a format is another', { format: 'date' }, { format: 'date-time' }, 'the data is no longer a date'],
  ['items are others', { items: string }, { items: { type: 'number' } }, '/- is number, and was string'],
  ['a place of a tuple is another', { prefixItems: [string] }, { prefixItems: [{ type: 'null' }] }, '/0 is null'],
  ['an alternative is added', { oneOf: [string] }, { oneOf: [string, { type: 'null' }] }, 'one of more than before'],
  ['an alternative changes', { anyOf: [object({ a: string })] }, { anyOf: [object({})] }, '/a is no longer sent'],
  ['a condition goes', { allOf: [object({ a: string })] }, { allOf: [] }, 'bound by less'],
  ['the schema is given up', string, null, 'the data is no longer described'],
  [
    'a field behind a reference is removed',
    { $ref: '#/$defs/x', $defs: { x: object({ a: string, 'b/c': string }) } },
    { $ref: '#/$defs/x', $defs: { x: object({ a: string }) } },
    '/b~1c is no longer sent',
  ],
])('a receiver may stumble when %s', (_, before, after, change) => {
  expect(breakingChanges(before, after)).toEqual([expect.stringContaining(change)])
})

const tree = (node: object) => ({ $ref: '#/$defs/node', $defs: { node } })

test.each<[what: string, before: object | null, after: object]>([
  ['nothing changes', object({ a: string }, ['a']), object({ a: string }, ['a'])],
  ['a schema comes', null, object({ a: string })],
  ['a field comes', object({ a: string }), object({ a: string, b: string }, ['b'])],
  ['a field is always sent', object({ a: string }), object({ a: string }, ['a'])],
  ['an enum value goes', { enum: ['a', 'b'] }, { enum: ['b'] }],
  ['an enum becomes a constant', { enum: ['a', 'b'] }, { const: 'b' }],
  ['any value becomes one of a list', {}, { enum: ['a'] }],
  ['types are told in another order', { type: ['string', 'null'] }, { type: ['null', 'string'] }],
  ['titles change', { title: 'A', ...string }, { title: 'B', ...string }],
  ['a definition moves', object({ a: string }), { ...object({ a: { $ref: '#/$defs/s' } }), $defs: { s: string } }],
  [
    'a type that holds itself gets a field',
    tree(object({ next: { $ref: '#/$defs/node' } })),
    tree(object({ next: { $ref: '#/$defs/node' }, name: string })),
  ],
])('no receiver stumbles when %s', (_, before, after) => {
  expect(breakingChanges(before, after)).toEqual([])
})

test('the catalogue refuses a breaking change unless it is allowed, or nothing was sent yet', async () => {
  await using postrider = await startTestPostrider()
  const backend = await postrider.application()
  const before = object({ id: string, plan: { enum: ['free', 'paid'] } }, ['id'])
  const after = object({ plan: { enum: ['free', 'paid', 'trial'] } })
  const upsert = async (input: object) =>
    (await backend.send(EventTypeUpsertDocument, { input: { name: 'a', ...input } })).eventTypeUpsert.userErrors
  expect(await upsert({ payloadSchema: before, status: 'COMING_SOON' })).toEqual([])
  expect(await upsert({ payloadSchema: after })).toEqual([])
  expect(await upsert({ payloadSchema: before, status: 'AVAILABLE' })).toEqual([])
  const path = ['input', 'payloadSchema']
  expect(await upsert({ payloadSchema: after, description: 'changed' })).toMatchObject([
    { code: 'CONFLICT', path, message: expect.stringContaining('/id is no longer sent') },
    { code: 'CONFLICT', path, message: expect.stringContaining('/plan may be "trial"') },
  ])
  const { eventType } = await backend.send(EventTypeDocument, { name: 'a' })
  expect(eventType).toMatchObject({ payloadSchema: before, description: null })
  expect(await upsert({ payloadSchema: after, allowBreakingSchema: true })).toEqual([])
})
