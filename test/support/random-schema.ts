/** Numbers that are the same in each run of one seed (mulberry32), uniform in [0, 1). */
export type Random = () => number

export function createRandom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

type Schema = Record<string, unknown>

const NAMES = ['a', 'b', 'c/d', 'é']
const TEXTS = ['', 'a', 'ab12', 'hello world', '🐝', '2026-11-21', 'x@y.zz']
const NUMBERS = [0, 1, -1, 2.5, 10, 1e6, 0.1]

/** A JSON Schema of `depth` levels, of the keywords that catalogues use. */
export function randomSchema(random: Random, depth: number): Schema {
  const inner = () =>
    depth > 0 ? randomSchema(random, depth - 1) : { type: pick(random, ['string', 'number', 'null']) }
  const made = pick<() => Schema>(random, [
    () => ({ type: pick(random, ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']) }),
    () => ({ minimum: pick(random, NUMBERS), exclusiveMaximum: pick(random, NUMBERS) }),
    () => ({ multipleOf: pick(random, [0.1, 0.5, 2, 3]) }),
    () => ({ minLength: pick(random, [0, 1, 2]), maxLength: pick(random, [2, 5]) }),
    () => ({ pattern: pick(random, ['^a', '\\d+$', '^[a-z]+\\d*$', 'l{2}', '^(?!hello)']) }),
    () => ({ enum: [pick(random, TEXTS), pick(random, NUMBERS), null] }),
    () => ({ const: pick<unknown>(random, [...TEXTS, ...NUMBERS, [], {}]) }),
    () => ({ format: pick(random, ['date', 'email', 'uuid']) }),
    () => ({ properties: { [pick(random, NAMES)]: inner(), [pick(random, NAMES)]: inner() } }),
    () => ({ required: [pick(random, NAMES)], type: 'object' }),
    () => ({ properties: { a: inner() }, additionalProperties: pick(random, [false, inner()]) }),
    () => ({ items: inner(), minItems: pick(random, [0, 1, 2]) }),
    () => ({ uniqueItems: true }),
    () => ({ allOf: [inner(), inner()] }),
    () => ({ anyOf: [inner(), inner()] }),
    () => ({ oneOf: [inner(), inner()] }),
    () => ({ not: inner() }),
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    () => ({ if: inner(), then: inner(), else: inner() }),
  ])
  return made()
}

/** Data that may fit, and may not: of the kinds that the schema speaks of, as often as not. */
export function randomData(random: Random, schema: Schema, depth = 3): unknown {
  if (random() < 0.5 && 'const' in schema) return schema.const
  if (random() < 0.5 && Array.isArray(schema.enum)) return pick(random, schema.enum)
  const wantsObject = 'properties' in schema || 'required' in schema || schema.type === 'object'
  const wantsArray = 'items' in schema || 'contains' in schema || schema.type === 'array'
  const kind = wantsObject
    ? 'object'
    : wantsArray
      ? 'array'
      : pick(random, ['text', 'number', 'object', 'array', 'other'])
  const inner = () => (depth > 0 ? randomData(random, {}, depth - 1) : pick<unknown>(random, [...TEXTS, ...NUMBERS]))
  if (kind === 'object') return Object.fromEntries(NAMES.filter(() => random() < 0.5).map((name) => [name, inner()]))
  if (kind === 'array') return Array.from({ length: Math.floor(random() * 4) }, inner)
  if (kind === 'text') return pick(random, TEXTS)
  return kind === 'number' ? pick(random, NUMBERS) : pick<unknown>(random, [null, true, false])
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)]!
}
