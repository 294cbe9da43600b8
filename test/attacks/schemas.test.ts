import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as documents from '../../src/client/generated/documents.ts'
import { type Backend, startTestPostrider, type TestPostrider } from '../support/postrider.ts'

// Schemas that never end, or that overflow: they cost the publishes that they check, and nobody else's.

let postrider: TestPostrider
let attacker: Backend
let victim: Backend
let organizationId: string
beforeAll(async () => {
  postrider = await startTestPostrider()
  attacker = await postrider.application()
  victim = await postrider.application()
  organizationId = await attacker.organization()
  await victim.organization()
  await victim.eventType('b')
})
afterAll(() => postrider[Symbol.asyncDispose]())

const self = Array.from({ length: 4 }, () => ({ anyOf: [{ $ref: '#' }, { $ref: '#' }] }))
const rules = Array.from({ length: 900 }, (_, n) => ({ minimum: n + 1 }))
const cases: [name: string, schema: object, data: unknown, message: RegExp][] = [
  ['a pattern that backtracks', { type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(40)}!`, /must match pattern/],
  [
    'an honest pattern',
    { type: 'string', pattern: '^([a-zA-Z0-9]+\\s?)+$' },
    `${'a'.repeat(200)}!`,
    /must match pattern/,
  ],
  [
    'uniqueItems',
    { type: 'array', uniqueItems: true },
    Array.from({ length: 12_000 }, (_, n) => ({ a: { b: n } })),
    /more than \d+ ms/,
  ],
  ['anyOf that holds itself', { items: { allOf: self }, type: 'array' }, nested(30), /more than \d+ (ms|MB)/],
  [
    'hundreds of rules, and each error of each item',
    { type: 'array', items: { allOf: rules } },
    Array.from({ length: 100_000 }, () => 0),
    /more than \d+ (ms|MB)|must be >= 1/,
  ],
  ['a schema that is itself', { $ref: '#' }, { a: 1 }, /cannot be checked|call stack/],
]

describe.each(cases)('%s', (_, payloadSchema, data, message) => {
  test('is refused in time, and another one’s publishes are stored meanwhile', async () => {
    const upserted = await attacker.send(documents.EventTypeUpsertDocument, {
      input: { name: 'a', payloadSchema, allowBreakingSchema: true } as never,
    })
    if (upserted.eventTypeUpsert.userErrors.length > 0) {
      expect(upserted.eventTypeUpsert.userErrors[0]).toMatchObject({
        code: 'INVALID',
        path: ['input', 'payloadSchema'],
      })
      return
    }
    const attacks = Array.from({ length: 5 }, () =>
      attacker.send(documents.EventPublishDocument, { input: { organizationId, type: 'a', data } }),
    )
    const others = Array.from({ length: 50 }, () =>
      victim.send(documents.EventPublishDocument, { input: { organizationExternalId: 'acme', type: 'b', data: {} } }),
    )
    for (const { eventPublish } of await Promise.all(others)) expect(eventPublish.userErrors).toEqual([])
    for (const { eventPublish } of await Promise.all(attacks)) {
      expect(eventPublish.event).toBeNull()
      expect(eventPublish.userErrors[0]).toMatchObject({
        code: 'PAYLOAD_INVALID',
        message: expect.stringMatching(message),
      })
    }
  })
})

test('definitions that refer to each other forty deep are compared at once', async () => {
  const schema = (last: object) => {
    const definitions = Array.from({ length: 40 }, (_, n): [string, object] => [
      `d${n}`,
      n === 39 ? last : { properties: { a: { $ref: `#/$defs/d${n + 1}` }, b: { $ref: `#/$defs/d${n + 1}` } } },
    ])
    return { $ref: '#/$defs/d0', $defs: Object.fromEntries(definitions) }
  }
  const upsert = async (last: object) => {
    const input = { name: 'deep', payloadSchema: schema(last) }
    return (await attacker.send(documents.EventTypeUpsertDocument, { input })).eventTypeUpsert
  }
  expect((await upsert({ type: 'string' })).userErrors).toEqual([])
  const { userErrors } = await upsert({ type: 'number' })
  expect(userErrors).toEqual([
    expect.objectContaining({ code: 'CONFLICT', message: expect.stringContaining('is number, and was string') }),
  ])
})

test('a pattern that only backtracking could match is refused when the type is made', async () => {
  const input = { name: 'c', payloadSchema: { type: 'string', pattern: '^(?=a)b' } }
  const { eventTypeUpsert } = await attacker.send(documents.EventTypeUpsertDocument, { input })
  expect(eventTypeUpsert.userErrors).toEqual([
    expect.objectContaining({
      code: 'INVALID',
      path: ['input', 'payloadSchema'],
      message: expect.stringContaining('(?='),
    }),
  ])
})

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)]
}
