import { GraphQLError, GraphQLScalarType, Kind, type ValueNode, valueFromASTUntyped } from 'graphql'

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/
const MAX_TIME_MS = Date.UTC(9999, 11, 31)
/** JSON.stringify overflows the stack some thousand levels down; nobody means to send that. */
const MAX_JSON_DEPTH = 500
const DURATION = /^([+-])?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/

export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'ISO-8601 UTC instant with millisecond precision.',
  serialize: (value) => (value as Date).toISOString(),
  parseValue: parseInstant,
  parseLiteral: (node) => parseInstant(stringOf(node)),
})

/** Relative ones are resolved when the operation is read. */
export const DateTimeOrDurationScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTimeOrDuration',
  description: 'A DateTime, or an ISO-8601 duration relative to now such as -PT1H.',
  serialize: (value) => (value as Date).toISOString(),
  parseValue: parseInstantOrDuration,
  parseLiteral: (node) => parseInstantOrDuration(stringOf(node)),
})

export const JsonScalar = new GraphQLScalarType({
  name: 'JSON',
  description: 'Any JSON value. Key order is kept.',
  serialize: (value) => value,
  parseValue: requireShallow,
  parseLiteral: (node, variables) => requireShallow(valueFromASTUntyped(node, variables)),
})

export const JsonObjectScalar = new GraphQLScalarType<Record<string, unknown>>({
  name: 'JSONObject',
  description: 'A JSON object. Key order is kept.',
  serialize: (value) => value as Record<string, unknown>,
  parseValue: requireObject,
  parseLiteral: (node, variables) => requireObject(valueFromASTUntyped(node, variables)),
})

function stringOf(node: ValueNode): unknown {
  return node.kind === Kind.STRING ? node.value : undefined
}

function parseInstant(value: unknown): Date {
  const date = typeof value === 'string' && INSTANT.test(value) ? new Date(value) : undefined
  if (!date || Number.isNaN(date.getTime())) throw badInput('is no ISO-8601 instant such as 2026-11-21T09:30:00.000Z')
  return date
}

function parseInstantOrDuration(value: unknown): Date {
  const match = typeof value === 'string' ? DURATION.exec(value) : null
  if (!match || match.slice(2).every((part) => part === undefined)) return parseInstant(value)
  const [days, hours, minutes, seconds] = match.slice(2).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ]
  const ms = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000
  const date = new Date(nowOfTurn() + (match[1] === '-' ? -ms : ms))
  if (!(Math.abs(date.getTime()) <= MAX_TIME_MS)) throw badInput('is no duration that ends before the year 10000')
  return date
}

let turn: number | undefined
/**
 * The same instant for all of one turn of the event loop: graphql-js reads an argument anew for each row of a list, and
 * lists are fetched together only when they ask for the same.
 */
function nowOfTurn(): number {
  if (turn === undefined) {
    turn = Date.now()
    setImmediate(() => {
      turn = undefined
    })
  }
  return turn
}

function requireObject(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return requireShallow(value as Record<string, unknown>)
  throw badInput('is no JSON object')
}

/** Variables are read three times: when they are checked, measured and executed. */
const knownShallow = new WeakSet<object>()

function requireShallow<T>(value: T): T {
  if (typeof value !== 'object' || value === null || knownShallow.has(value)) return value
  if (isDeeperThan(MAX_JSON_DEPTH, value)) throw badInput(`nests deeper than ${MAX_JSON_DEPTH} levels`)
  knownShallow.add(value)
  return value
}

/** Not by Object.values: data may have tens of thousands of objects. */
function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  if (Array.isArray(value)) {
    for (const inner of value) if (isDeeperThan(levels - 1, inner)) return true
    return false
  }
  for (const name in value) if (isDeeperThan(levels - 1, (value as Record<string, unknown>)[name])) return true
  return false
}

function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
}
