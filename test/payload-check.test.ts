import { afterAll, beforeAll, expect, test } from 'vitest'
import { compilePayloadSchema, payloadProblems } from '../src/domain/payload-schema.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { createRandom, randomData, randomSchema } from './support/random-schema.ts'

// What postrider.payload_problems() says of data is what the API says: the same places, in the same words. A schema that it
// cannot judge it refuses (0A000), and never lets pass.

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
  await database.query(`create function check_all(cases json) returns json language plpgsql as $$
    declare one record; answers json[] := '{}'; answer json;
    begin
      for one in select value -> 'schema' as s, value -> 'data' as d from json_array_elements(cases) loop
        begin
          select coalesce(json_agg(p), '[]') into answer from postrider.payload_problems(one.s::jsonb, one.d::jsonb) p;
        exception when feature_not_supported then answer := to_json(sqlerrm);
        end;
        answers := answers || answer;
      end loop;
      return array_to_json(answers);
    end $$`)
})
afterAll(() => database[Symbol.asyncDispose]())

type Schema = Record<string, unknown>
type Case = readonly [schema: Schema, ...data: unknown[]]

const point = { type: 'object', properties: { x: { type: 'number' }, y: { type: 'number' } }, required: ['x', 'y'] }
const tree = { $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, required: ['v'] } } }

const judged: Record<string, Case> = {
  type: [{ type: 'integer' }, 1, 1.0, 1.5, '1', null, true, [], {}],
  'several types': [{ type: ['string', 'null'] }, 'x', null, 1, {}],
  enum: [{ enum: [1, 'a', null, { b: [1, 2] }] }, 1, 'a', null, { b: [1, 2] }, { b: [2, 1] }, 2],
  const: [{ const: { a: [1, { b: 2 }] } }, { a: [1, { b: 2 }] }, { a: [1] }, null],
  multipleOf: [{ multipleOf: 0.01 }, 0.07, 19.99, 1, 0.005, 'x'],
  'multipleOf of integers': [{ multipleOf: 3 }, 9, 10, -6, 0],
  'minimum and maximum': [{ minimum: 1, maximum: 3 }, 0, 1, 2, 3, 4, '5'],
  'their exclusive forms': [{ exclusiveMinimum: 1, exclusiveMaximum: 3 }, 1, 1.5, 3],
  'lengths in code points': [{ minLength: 2, maxLength: 3 }, 'a', 'ab', '🐝🐝', '🐝🐝🐝🐝', 'abcd', 5],
  pattern: [{ pattern: '^[a-z]+\\d{2,3}$' }, 'ab12', 'ab1', 'AB12', 'ab1234', 12],
  'a pattern with alternatives': [{ pattern: '^(?:ord|inv)_\\w+' }, 'ord_1', 'inv_x', 'foo_1'],
  items: [{ items: { type: 'string' }, minItems: 1, maxItems: 2 }, [], ['a'], ['a', 1], ['a', 'b', 'c'], 'x'],
  prefixItems: [
    { prefixItems: [{ type: 'string' }, { type: 'number' }], items: false },
    ['a', 1],
    ['a', 'b'],
    ['a', 1, 2],
    [],
  ],
  uniqueItems: [{ uniqueItems: true }, [1, 2], [1, 2, 1], [{ a: 1 }, { a: 1 }], ['1', 1]],
  contains: [{ contains: { minimum: 5 }, minContains: 2, maxContains: 3 }, [5, 6], [5], [5, 6, 7, 8], []],
  'numbers of properties': [{ minProperties: 1, maxProperties: 2 }, {}, { a: 1 }, { a: 1, b: 2, c: 3 }],
  required: [point, { x: 1, y: 2 }, { x: 1 }, {}, { x: '1', y: 2 }],
  additionalProperties: [
    { properties: { a: {} }, patternProperties: { '^x-': { type: 'number' } }, additionalProperties: false },
    { a: 1, 'x-b': 2 },
    { b: 1 },
    { 'x-b': 'c' },
  ],
  'a schema for additionalProperties': [
    { additionalProperties: { type: 'number' } },
    { a: 1 },
    { a: 'x', 'b/c~d': 'y' },
  ],
  propertyNames: [{ propertyNames: { pattern: '^[a-z]+$' } }, { ab: 1 }, { Ab: 1 }],
  dependentRequired: [{ dependentRequired: { card: ['address'] } }, { card: 1 }, { card: 1, address: 2 }, {}],
  dependentSchemas: [{ dependentSchemas: { card: { required: ['name'] } } }, { card: 1 }, { card: 1, name: 2 }],
  allOf: [{ allOf: [{ minimum: 1 }, { multipleOf: 2 }] }, 2, 3, 0],
  anyOf: [{ anyOf: [{ type: 'string' }, { minimum: 5 }] }, 'x', 6, 4],
  oneOf: [{ oneOf: [{ minimum: 1 }, { maximum: 3 }] }, 0, 2, 5],
  not: [{ not: { type: 'string' } }, 'x', 1],
  'if, then, else': [
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    { if: { properties: { kind: { const: 'a' } } }, then: { required: ['x'] }, else: { required: ['y'] } },
    { kind: 'a' },
    { kind: 'b' },
    { kind: 'a', x: 1 },
  ],
  $ref: [{ ...tree, $ref: '#/$defs/node' }, { v: 1 }, { next: {} }, { v: 1, next: { v: 1, next: {} } }],
  'a $ref with escapes': [
    { $defs: { 'a/b~c d': { type: 'number' } }, properties: { x: { $ref: '#/$defs/a~1b~0c%20d' } } },
    { x: 1 },
    { x: 'y' },
  ],
  'booleans for schemas': [{ properties: { yes: true, no: false } }, { yes: 1 }, { no: 1 }],
  'formats of times': [
    { properties: { d: { format: 'date' }, t: { format: 'date-time' } } },
    { d: '2026-02-28', t: '2026-11-21T10:00:00Z' },
    { d: '2026-02-30' },
    { t: '2026-11-21' },
    { d: '2024-02-29' },
  ],
  'formats of addresses': [
    { properties: { e: { format: 'email' }, u: { format: 'uri' }, i: { format: 'ipv4' }, id: { format: 'uuid' } } },
    { e: 'a@b.co', u: 'https://x.y/z', i: '10.0.0.1', id: '01890000-0000-7000-8000-000000000000' },
    { e: 'a' },
    { u: 'x y' },
    { i: '256.1.1.1' },
    { id: 'x' },
  ],
  'a format that nobody knows': [{ format: 'colour' }, 'x'],
  'words without a meaning': [
    { title: 't', description: 'd', default: 1, examples: [1], $comment: 'c', deprecated: true, readOnly: true },
    1,
    'x',
  ],
  'places in places': [{ properties: { lines: { items: point } } }, { lines: [{ x: 1, y: 2 }, { x: 1, y: 'z' }, {}] }],
}

test.for(Object.entries(judged))('%s', async ([, [schema, ...data]]) => {
  const answers = await answersOf(data.map((one) => ({ schema, data: one })))
  expect(answers.map(sorted)).toEqual(data.map((one) => sorted(expected(schema, one))))
})

test.each([
  [{ $dynamicRef: '#x' }],
  [{ unevaluatedProperties: false }],
  [{ pattern: '(a)\\1' }],
  [{ pattern: '\\p{Lu}' }],
])('%j is refused, or judged as the API does', async (schema) => {
  const data = [{ a: 1 }, 'aa', 'É']
  const answers = await answersOf(data.map((one) => ({ schema, data: one })))
  for (const [i, answer] of answers.entries()) {
    if (typeof answer === 'string') expect(answer).toMatch(/GraphQL API|API/)
    else expect(answer.length > 0).toBe(expected(schema, data[i]).length > 0)
  }
})

test('of hundreds of schemas and data that chance has made, none is judged otherwise', async () => {
  const random = createRandom(20_261_121)
  const cases = Array.from({ length: 300 }, () => {
    const schema = randomSchema(random, 3)
    return { schema, data: randomData(random, schema) }
  })
  const answers = await answersOf(cases)
  const otherwise = cases.filter(({ schema, data }, i) => {
    const answer = answers[i]!
    return typeof answer !== 'string' && answer.length > 0 !== expected(schema, data).length > 0
  })
  expect(otherwise).toEqual([])
  const fitting = answers.filter((answer) => answer.length === 0).length
  // Chance made both kinds, and hardly any that is refused.
  expect(fitting).toBeGreaterThan(40)
  expect(answers.length - fitting).toBeGreaterThan(40)
  expect(answers.filter((answer) => typeof answer === 'string').length).toBeLessThan(20)
}, 120_000)

type Answer = readonly { json_pointer: string; message: string }[] | string

async function answersOf(cases: readonly { schema: Schema; data: unknown }[]): Promise<Answer[]> {
  const [row] = await database.query<{ answers: Answer[] }>('select check_all($1) as answers', [JSON.stringify(cases)])
  return row!.answers
}

function expected(schema: Schema, data: unknown): Exclude<Answer, string> {
  const problems = payloadProblems(compilePayloadSchema(schema), data, ['data'])
  return problems.map(({ jsonPointer, message }) => ({ json_pointer: jsonPointer!, message }))
}

function sorted(answer: Answer): string[] | string {
  return typeof answer === 'string' ? answer : answer.map((one) => `${one.json_pointer}: ${one.message}`).toSorted()
}
