import { messageOf } from '../domain/message-of.ts'
import type { Problem } from '../domain/refused.ts'
import {
  compileFilter,
  compileTransform,
  type Expression,
  ExpressionFailed,
  type ExpressionInput,
} from './expression.ts'
import { compilePayloadSchema, type PayloadCheck, payloadProblems } from './payload-schema.ts'
import { breakingChanges } from './schema-change.ts'
import { TookTooLong, within } from './within.ts'

/** Something to compute that customers chose. Everything in it is text, so that a process that is given it shares nothing. */
export type Task =
  | { readonly kind: 'filter' | 'transform'; readonly text: string; readonly input: string }
  /** Data against the schema of its type; `path` is where the data was given. */
  | { readonly kind: 'payload'; readonly schema: string; readonly data: string; readonly path: readonly string[] }
  | { readonly kind: 'schema'; readonly before: string | undefined; readonly after: string }

export interface SchemaReport {
  /** Why it cannot be used. */
  readonly unusable: string | undefined
  /** What receivers of data of the schema before could stumble over. */
  readonly changes: readonly string[]
}

interface Values {
  readonly filter: boolean
  readonly transform: string
  readonly payload: readonly Problem[]
  readonly schema: SchemaReport
}

type ValueOf<T extends Task> = Values[T['kind']]

/** The value of a task, or why there is none. `cpuUs` is the CPU time that it took, microseconds. */
export type Outcome<T extends Task = Task> = { readonly cpuUs: number } & (
  | { readonly value: ValueOf<T> }
  | { readonly failed: string }
)

/** Milliseconds. */
const LIMITS = { filter: 50, transform: 50, payload: 100, schema: 500 } as const

/** Never throws. */
export function runTask(task: Task): Outcome {
  const before = process.threadCpuUsage()
  const ended = endOf(task)
  const { user, system } = process.threadCpuUsage(before)
  return { ...ended, cpuUs: user + system }
}

function endOf(task: Task): { value: ValueOf<Task> } | { failed: string } {
  try {
    return { value: within(LIMITS[task.kind], () => computed(task)) }
  } catch (error) {
    if (error instanceof TookTooLong || error instanceof ExpressionFailed) return { failed: error.message }
    // A schema that refers to itself without end, for one, overflows the stack.
    return { failed: messageOf(error) }
  }
}

function computed(task: Task): ValueOf<Task> {
  switch (task.kind) {
    case 'filter':
    case 'transform':
      return expressionOf(task.kind, task.text).evaluate(JSON.parse(task.input) as ExpressionInput)
    case 'payload':
      return payloadProblems(checkOf(task.schema), JSON.parse(task.data), task.path)
    case 'schema':
      return reportOf(task.before === undefined ? undefined : JSON.parse(task.before), JSON.parse(task.after))
  }
}

/** Compares a schema with the one that it replaces; undefined and null stand for none. */
export function reportOf(before: unknown, after: unknown): SchemaReport {
  try {
    if (after) compilePayloadSchema(after as Record<string, unknown>)
  } catch (error) {
    return { unusable: messageOf(error), changes: [] }
  }
  return { unusable: undefined, changes: before ? breakingChanges(before, after) : [] }
}

/** Compiled ones that a process keeps; the one that was used longest ago goes first. */
const MAX_KEPT = 500

function keep<T>(kept: Map<string, T>, key: string, make: () => T): T {
  const found = kept.get(key) ?? make()
  kept.delete(key)
  kept.set(key, found)
  if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value!)
  return found
}

const expressions = new Map<string, Expression<boolean | string>>()
const checks = new Map<string, PayloadCheck>()

function expressionOf(kind: 'filter' | 'transform', text: string): Expression<boolean | string> {
  return keep(expressions, `${kind} ${text}`, () => (kind === 'filter' ? compileFilter(text) : compileTransform(text)))
}

function checkOf(schema: string): PayloadCheck {
  return keep(checks, schema, () => compilePayloadSchema(JSON.parse(schema)))
}
