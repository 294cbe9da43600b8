import { describe, expect, test } from 'vitest'
import { createEvaluator, MAX_INLINE_WORK, preparePayloadSchema } from '../src/evaluate/evaluator.ts'
import { compileFilter, compileTransform, ExpressionFailed, environment } from '../src/evaluate/expression.ts'
import { createProcesses } from '../src/evaluate/processes.ts'
import { schemaWeight } from '../src/evaluate/schema-weight.ts'

const event = { id: 'evt_1', type: 'a', createdAt: '2026-11-21T10:00:00.000Z' }
const organization = { id: 'org_1', externalId: null, name: 'Acme' }
const inputOf = (data: unknown) => ({ event: { ...event, data }, organization })
const textOf = (data: unknown) => JSON.stringify(inputOf(data))
const filter = (text: string, data: unknown) => ({
  kind: 'filter' as const,
  expression: compileFilter(text),
  input: textOf(data),
  spenders: { organization: 'org', destination: text },
})

describe('in a process', () => {
  test('an expression yields what it yields here', async () => {
    await using evaluator = createEvaluator({ count: 1 })
    const data = { lines: [{ n: 1 }, { n: 2 }] }
    expect(await evaluator.evaluate(filter('event.data.lines.exists(l, l.n > 1)', data))).toBe(true)
    const expression = compileTransform('{"n": event.data.lines.map(l, l.n)}')
    expect(await evaluator.evaluate({ ...filter('true', data), kind: 'transform', expression })).toBe('{"n":[1,2]}')
    await expect(evaluator.evaluate(filter('event.data.nope.exists(l, true)', data))).rejects.toThrow(ExpressionFailed)
  })

  test('one that does not end is ended, and those that were sent with it are evaluated', async () => {
    await using evaluator = createEvaluator({ count: 1 })
    const endless = evaluator.evaluate(filter('"a".replace("", "", 9223372036854775807) == "a"', {}))
    const others = Array.from({ length: 5 }, (_, n) => evaluator.evaluate(filter(`[1, 2].exists(l, l > ${n})`, {})))
    await expect(endless).rejects.toThrow('it took more than 50 ms')
    expect(await Promise.all(others)).toEqual([true, true, false, false, false])
  })

  test('what no time limit of its own stops ends with its process, and those that were sent with it are evaluated', async () => {
    // Less than the limit of its own.
    await using processes = createProcesses({ count: 1, limits: { hardMs: 15 } })
    const run = (text: string) => processes.run({ kind: 'filter', text, input: textOf({}) })
    const endless = '"a".replace("", "", 9223372036854775807) == "a"'
    const [first, second, third] = await Promise.all([run(endless), run('true'), run(endless)])
    expect([first, third]).toMatchObject([{ failed: 'it took more than 15 ms' }, { failed: 'it took more than 15 ms' }])
    expect(second).toMatchObject({ value: true })
  })

  test.each([
    ['size(TEXT) == 1', 'aaaaaa'],
    ['TEXT.split("").size() == 1', 'é☃'],
  ])(
    '%s of a text that fills the memory ends with its process, and what was sent with it is done',
    async (text, letters) => {
      await using processes = createProcesses({ count: 1 })
      const whole = `(${Array(110).fill('event.data.s').join('+')})`
      const [large, other] = await Promise.all([
        processes.run({
          kind: 'filter',
          text: text.replace('TEXT', whole),
          input: textOf({ s: letters.repeat(43_000) }),
        }),
        processes.run({ kind: 'filter', text: 'true', input: textOf({}) }),
      ])
      expect(large).toMatchObject({ failed: 'it takes more than 64 MB of memory' })
      expect(other).toMatchObject({ value: true })
    },
  )

  test('over a second of CPU time in a minute is enough for a destination', async () => {
    await using evaluator = createEvaluator({ count: 1 })
    const slow = filter('event.data.all(x, event.data.all(y, x + y >= 0.0))', Array(20_000).fill(1))
    expect(evaluator.exhaustedUntil(slow.expression, slow.spenders)).toBeUndefined()
    // A busy machine gives a process less than the time on the wall.
    const isExhausted = () => evaluator.exhaustedUntil(slow.expression, slow.spenders) !== undefined
    for (let n = 0; n < 200 && !isExhausted(); n += 1) await expect(evaluator.evaluate(slow)).rejects.toThrow('50 ms')
    expect(evaluator.exhaustedUntil(slow.expression, slow.spenders)).toBeInstanceOf(Date)
    expect(evaluator.exhaustedUntil(slow.expression, { organization: 'other' })).toBeUndefined()
    expect(evaluator.exhaustedUntil(compileFilter('true'), slow.spenders)).toBeUndefined()
  })
})

describe('what is evaluated on the event loop', () => {
  const bytes = 250_000
  const datas: Record<string, unknown> = {
    text: { s: 'a'.repeat(bytes), t: 'a'.repeat(bytes) },
    'a text of wide letters': { s: '😀'.repeat(bytes / 4), t: '😀'.repeat(bytes / 4) },
    'many values': { s: Array(bytes / 4).fill(1), t: Array(bytes / 4).fill(1) },
    'many objects': { s: Array(bytes / 10).fill({ a: [] }), t: Array(bytes / 10).fill({ a: [] }) },
    'many keys': { s: keys(bytes / 20), t: keys(bytes / 20) },
    depth: { s: deep(400), t: deep(400) },
  }
  const s = 'event.data.s'
  const operations = [
    ...[`${s} == event.data.t`, `${s} != event.data.t`, `${s} < event.data.t`, `"a" in ${s}`, `event.data.t in ${s}`],
    ...[
      `size(${s}) == 1`,
      `${s}.startsWith(event.data.t)`,
      `${s}.endsWith(event.data.t)`,
      `${s}.contains("${'a'.repeat(63)}b")`,
    ],
    ...['lowerAscii', 'upperAscii', 'trim'].map((name) => `${s}.${name}() == ""`),
    ...[`${s}.charAt(60000) == ""`, `${s}.substring(60000) == ""`, `${s}.substring(1, 60000) == ""`],
    ...['timestamp', 'duration', 'int', 'uint', 'double', 'bool', 'string'].map((name) => `${name}(${s}) == null`),
  ]

  test.each(operations)('%s takes some milliseconds at most', (operation) => {
    const four = Array.from({ length: 4 }, () => `(${operation})`).join(' || ')
    const expression = compileFilter(compileFilter(four).isCheap ? four : operation)
    expect(expression.isCheap).toBe(true)
    for (const data of Object.values(datas)) {
      const before = process.threadCpuUsage()
      try {
        expression.evaluate(inputOf(data))
      } catch (error) {
        expect(error).toBeInstanceOf(ExpressionFailed)
      }
      const { user, system } = process.threadCpuUsage(before)
      expect((user + system) / 1_000).toBeLessThan(200)
    }
  })

  test('has no function of the environment but these', () => {
    const names = [...new Set([...environment.funcs].map(({ name }) => name))]
    const cheap = names.filter((name) =>
      ['x', 'x, 1', '1', ''].some((args) => isCheap(`event.data.x.${name}(${args})`) || isCheap(`${name}(${args})`)),
    )
    expect(cheap.filter((name) => !name.startsWith('get')).toSorted()).toEqual([
      'bool',
      'charAt',
      'double',
      'duration',
      'dyn',
      'endsWith',
      'int',
      'lowerAscii',
      'size',
      'startsWith',
      'string',
      'substring',
      'timestamp',
      'trim',
      'type',
      'uint',
      'upperAscii',
    ])
  })

  test.each([
    ['event.data.l.all(x, x > 1)', false],
    ['event.data.s.matches("a")', false],
    ['event.data.s + event.data.t == ""', false],
    ['event.data.n + 1 > 2', true],
    ['event.data.s.contains(event.data.t)', false],
    ['event.data.a == 1 && event.data.b == "x" && event.data.c in ["a", "b"]', true],
    [Array.from({ length: 5 }, (_, n) => `size(event.data.s) == ${n}`).join(' || '), false],
  ])('%s: %s', (text, expected) => {
    expect(compileFilter(text).isCheap).toBe(expected)
  })
})

function isCheap(text: string): boolean {
  try {
    return compileFilter(text).isCheap
  } catch {
    return false
  }
}

describe('the weight of a schema', () => {
  test.each<[schema: unknown, weight: number]>([
    [{ type: 'object', properties: { a: { type: 'string' } } }, 7],
    [{ items: { $ref: '#/$defs/a' }, $defs: { a: { type: 'string' } } }, 7],
    [{ $ref: '#' }, Number.POSITIVE_INFINITY],
    [{ items: { $ref: '#' } }, Number.POSITIVE_INFINITY],
    [{ $ref: '#/$defs/%E0%A4%A' }, Number.POSITIVE_INFINITY],
    [{ $ref: 'https://example.com/' }, Number.POSITIVE_INFINITY],
    [{ pattern: 'a' }, Number.POSITIVE_INFINITY],
    [{ uniqueItems: true }, Number.POSITIVE_INFINITY],
    [{ enum: Array(2_000).fill('a') }, Number.POSITIVE_INFINITY],
  ])('%j', (schema, weight) => {
    expect(schemaWeight(schema)).toBe(weight)
  })

  test.each<[name: string, schema: Record<string, unknown>, value: unknown]>([
    ['light', { items: { anyOf: [{ const: 'x' }] } }, 1],
    ['heavy', { items: { allOf: Array.from({ length: 60 }, (_, n) => ({ minimum: n + 1 })) } }, 0],
  ])('%s: what is checked on the event loop takes some milliseconds, errors and all', async (_, schema, value) => {
    await using evaluator = createEvaluator({ count: 1 })
    const prepared = preparePayloadSchema(schema)
    const many = Array(Math.floor(MAX_INLINE_WORK / prepared.weight / 2) - 1).fill(value)
    const data = { json: JSON.stringify(many), value: many, path: ['data'] }
    const before = process.threadCpuUsage()
    const problems = evaluator.check(prepared, data)
    const { user, system } = process.threadCpuUsage(before)
    expect(problems).toHaveLength(20)
    expect((user + system) / 1_000).toBeLessThan(100)
  })

  test('says where data is checked', async () => {
    await using evaluator = createEvaluator({ count: 1 })
    const schema = preparePayloadSchema({ type: 'array', items: { type: 'number' } })
    const data = (value: unknown) => ({ json: JSON.stringify(value), value, path: ['data'] })
    const few = evaluator.check(schema, data(['a']))
    expect(few).toMatchObject([{ code: 'PAYLOAD_INVALID', jsonPointer: '/0' }])
    const many = evaluator.check(schema, data(Array(200_000).fill(1)))
    expect(many).toBeInstanceOf(Promise)
    expect(await many).toEqual([])
  })
})

function keys(count: number): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`key${n}`, n]))
}

function deep(levels: number): unknown {
  return levels === 0 ? 1 : [deep(levels - 1)]
}
