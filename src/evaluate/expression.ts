import { CelScalar, type CelValue, celEnv, celFunc, isCelError, parse, plan } from '@bufbuild/cel'
import { strings } from '@bufbuild/cel/ext'
import { RE2JS } from '@bufbuild/re2'
import { isStorable } from '../domain/parse-input.ts'
import { inspectExpression } from './expression-tree.ts'
import { jsonOfCel, TooLong } from './expression-value.ts'
import { celOfJson } from './json-value.ts'
import { byCodePoints } from './string-functions.ts'

// Customers' expressions, in CEL (https://cel.dev): it has no loops but over lists, no recursion and no input or output.

/** What an expression sees. */
export interface ExpressionInput {
  readonly event: {
    readonly id: string
    readonly type: string
    /** ISO-8601 with milliseconds; timestamp(event.createdAt) makes a time of it. */
    readonly createdAt: string
    readonly data: unknown
  }
  readonly organization: { readonly id: string; readonly externalId: string | null; readonly name: string }
}

/** Compiled once. */
export interface Expression<T> {
  readonly text: string
  /** However the data is made, it takes no more than some milliseconds. */
  readonly isCheap: boolean
  /** Throws ExpressionFailed for what only shows with an event: a field that is not there. Unless it is cheap, give it a time limit. */
  evaluate(input: ExpressionInput): T
}

/** An expression that cannot be used, with the place in its text. */
export class ExpressionInvalid extends Error {}

/** What went wrong with one event. */
export class ExpressionFailed extends Error {}

const MAX_LENGTH = 2_048
/** As large as an event's data may be. */
const MAX_YIELD = 262_144
/** Macros that walk over a list, one inside another. */
const MAX_NESTING = 2
const { DOUBLE, INT } = CelScalar

/** Numbers of JSON are doubles in CEL, which adds no int to them, but `event.data.total + 1` is meant to work. */
function mixed(name: string, apply: (a: number, b: number) => number) {
  return [
    celFunc(name, [DOUBLE, INT], DOUBLE, (a, b) => apply(a, Number(b))),
    celFunc(name, [INT, DOUBLE], DOUBLE, (a, b) => apply(Number(a), b)),
  ]
}

export const environment = celEnv({
  re2: RE2JS,
  funcs: [
    ...strings,
    ...byCodePoints,
    ...mixed('_+_', (a, b) => a + b),
    ...mixed('_-_', (a, b) => a - b),
    ...mixed('_*_', (a, b) => a * b),
    ...mixed('_/_', (a, b) => a / b),
  ],
})

/** Whether an event goes to a destination. Throws ExpressionInvalid. */
export function compileFilter(text: string): Expression<boolean> {
  return compile(text, (value) => {
    if (typeof value === 'boolean') return value
    throw new ExpressionFailed('it is neither true nor false')
  })
}

/** The data that is sent instead of the event's, as compact JSON of an object. Throws ExpressionInvalid. */
export function compileTransform(text: string): Expression<string> {
  return compile(text, (value) => {
    const json = toJson(value)
    if (json.startsWith('{')) return json
    throw new ExpressionFailed('it yields no object')
  })
}

function toJson(value: CelValue): string {
  try {
    return jsonOfCel(value, MAX_YIELD)
  } catch (error) {
    throw error instanceof TooLong ? new ExpressionFailed(error.message) : error
  }
}

function compile<T>(text: string, read: (value: CelValue) => T): Expression<T> {
  if (text.length > MAX_LENGTH) throw new ExpressionInvalid(`is over ${MAX_LENGTH} characters long`)
  if (!isStorable(text)) throw new ExpressionInvalid('holds a NUL character or half a surrogate pair')
  const parsed = parseText(text)
  const { problems, nesting, isCheap } = inspectExpression(
    parsed.expr!,
    (name) => environment.funcs.find(name) !== undefined,
  )
  const [problem] = problems
  if (problem) {
    const offset = parsed.sourceInfo?.positions[String(problem.exprId)] ?? 0
    throw new ExpressionInvalid(`${problem.message}, at ${placeOf(text, offset)}`)
  }
  if (nesting > MAX_NESTING) throw new ExpressionInvalid(`walks over lists inside lists more than ${MAX_NESTING} deep`)
  const run = plan(environment, parsed)
  return {
    text,
    isCheap,
    evaluate({ event, organization }) {
      const value = run({ event: celOfJson(event), organization: celOfJson(organization) })
      if (isCelError(value)) throw new ExpressionFailed(value.message)
      return read(value)
    },
  }
}

function parseText(text: string): ReturnType<typeof parse> {
  try {
    return parse(text)
  } catch (error) {
    const { rawMessage, location } = error as { rawMessage?: string; location?: { start: { offset: number } } }
    const message = rawMessage ?? (error as Error).message
    throw new ExpressionInvalid(location ? `${message}, at ${placeOf(text, location.start.offset)}` : message)
  }
}

function placeOf(text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n')
  const column = `character ${lines.at(-1)!.length + 1}`
  return lines.length > 1 ? `line ${lines.length}, ${column}` : column
}
