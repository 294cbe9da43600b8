import { messageOf } from '../domain/message-of.ts'
import type { Problem } from '../domain/refused.ts'
import { type CpuAccount, type CpuLimits, createCpuAccount, defaultCpuLimits } from './cpu-account.ts'
import { type Expression, ExpressionFailed } from './expression.ts'
import { compilePayloadSchema, type PayloadCheck, payloadProblems } from './payload-schema.ts'
import { createProcesses, type ProcessesOptions } from './processes.ts'
import { schemaWeight } from './schema-weight.ts'
import { reportOf, type SchemaReport } from './task.ts'

/** An expression, and what it is applied to as JSON of an ExpressionInput. */
export interface Evaluation<T> {
  readonly kind: 'filter' | 'transform'
  readonly expression: Expression<T>
  readonly input: string
  /** For whom: CPU time is counted for each of them. */
  readonly spenders: Spenders
}

export interface Spenders {
  readonly organization: string
  readonly destination?: string | undefined
}

/** A schema, ready to check data. */
export interface PayloadSchema {
  readonly text: string
  readonly weight: number
  /** Undefined when it only runs in a process. */
  readonly check: PayloadCheck | undefined
}

interface CheckedData {
  readonly json: string
  readonly value: unknown
  /** Where it was given. */
  readonly path: readonly string[]
  /** The organization or application for which it is checked: what is for one does not hold up another's. */
  readonly spender: string
}

interface SchemaChange {
  /** Undefined when there was none. */
  readonly before: unknown
  readonly after: unknown
  readonly spender: string
}

/**
 * Computes what customers chose: here, where that is known to take no more than some milliseconds; in processes with limits of
 * time and memory otherwise.
 */
export interface Evaluator extends AsyncDisposable {
  /** Throws, or rejects with, ExpressionFailed. */
  evaluate<T extends boolean | string>(evaluation: Evaluation<T>): T | Promise<T>
  /** When expressions of these may be evaluated again; undefined when they may now. */
  exhaustedUntil(expression: Expression<unknown>, spenders: Spenders): Date | undefined
  /** Of an organization, and of that of its destinations whose expressions took most. */
  cpuUse(organization: string): { readonly organization: CpuUse; readonly destination: CpuUse }
  /** How the data breaks the schema. */
  check(schema: PayloadSchema, data: CheckedData): readonly Problem[] | Promise<readonly Problem[]>
  /** Whether a schema can be used, and how it differs from the one that it replaces. */
  report(change: SchemaChange): SchemaReport | Promise<SchemaReport>
}

/** How much of a limit is used in this minute, and when that ends. */
export interface CpuUse {
  readonly maxMs: number
  readonly usedMs: number
  readonly resetsAt: Date | null
}

/** Rules times characters: 5 to 16 ms, when every rule is broken everywhere. */
export const MAX_INLINE_WORK = 200_000

export function createEvaluator(options: ProcessesOptions & Partial<CpuLimits>): Evaluator {
  const processes = createProcesses(options)
  const { destinationCpuMs, organizationCpuMs } = { ...defaultCpuLimits, ...options }
  const accounts = {
    destination: createCpuAccount(destinationCpuMs),
    organization: createCpuAccount(organizationCpuMs),
  }

  function spend(spenders: Spenders, cpuUs: number): void {
    const { organization, destination } = spenders
    accounts.organization.spend(organization, cpuUs, performance.now())
    if (destination) accounts.destination.spend(ofDestination(spenders), cpuUs, performance.now())
  }

  function useOf(account: CpuAccount, maxMs: number, organization: string): CpuUse {
    const nowMs = performance.now()
    const { usedMs, endsMs } = account.highest(organization, nowMs)
    return { maxMs, usedMs, resetsAt: endsMs === undefined ? null : new Date(Date.now() + endsMs - nowMs) }
  }

  async function evaluateInProcess<T extends boolean | string>(evaluation: Evaluation<T>): Promise<T> {
    const { kind, expression, input, spenders } = evaluation
    const outcome = await processes.run({ kind, text: expression.text, input }, spenders.organization)
    spend(spenders, outcome.cpuUs)
    if ('failed' in outcome) throw new ExpressionFailed(outcome.failed)
    return outcome.value as T
  }

  async function checkInProcess({ text }: PayloadSchema, data: CheckedData): Promise<readonly Problem[]> {
    const { json, path, spender } = data
    const outcome = await processes.run({ kind: 'payload', schema: text, data: json, path }, spender)
    return 'failed' in outcome ? [uncheckable(outcome.failed, path)] : outcome.value
  }

  async function reportInProcess({ before, after, spender }: SchemaChange): Promise<SchemaReport> {
    const [old, next] = [before, after].map((schema) => JSON.stringify(schema))
    const outcome = await processes.run({ kind: 'schema', before: old, after: next! }, spender)
    return 'failed' in outcome ? { unusable: outcome.failed, changes: [] } : outcome.value
  }

  return {
    evaluate(evaluation) {
      const { expression, input } = evaluation
      return expression.isCheap ? expression.evaluate(JSON.parse(input)) : evaluateInProcess(evaluation)
    },
    exhaustedUntil({ isCheap }, spenders) {
      if (isCheap) return undefined
      const nowMs = performance.now()
      const untilMs = Math.max(
        accounts.organization.exhaustedUntil(spenders.organization, nowMs) ?? 0,
        accounts.destination.exhaustedUntil(ofDestination(spenders), nowMs) ?? 0,
      )
      return untilMs > 0 ? new Date(Date.now() + untilMs - nowMs) : undefined
    },
    cpuUse: (organization) => ({
      organization: useOf(accounts.organization, organizationCpuMs, organization),
      destination: useOf(accounts.destination, destinationCpuMs, organization),
    }),
    check(schema, data) {
      const { check, weight } = schema
      if (!check || weight * data.json.length > MAX_INLINE_WORK) return checkInProcess(schema, data)
      return problemsOf(check, data)
    },
    report(change) {
      const { before, after } = change
      const isCheap = Number.isFinite(schemaWeight(before) + schemaWeight(after))
      return isCheap ? reportOf(before, after) : reportInProcess(change)
    },
    [Symbol.asyncDispose]: () => processes[Symbol.asyncDispose](),
  }
}

/** The key of a destination's account begins with its organization, whose accounts are found by that. */
function ofDestination({ organization, destination = '' }: Spenders): string {
  return `${organization} ${destination}`
}

/** Compiled here when that is cheap. Never throws: a stored schema compiled when it was stored. */
export function preparePayloadSchema(schema: Record<string, unknown>): PayloadSchema {
  const text = JSON.stringify(schema)
  const weight = schemaWeight(schema)
  try {
    return { text, weight, check: Number.isFinite(weight) ? compilePayloadSchema(schema) : undefined }
  } catch {
    // Whatever it is now, the process says it of each data.
    return { text, weight, check: undefined }
  }
}

function problemsOf(check: PayloadCheck, { value, path }: CheckedData): readonly Problem[] {
  try {
    return payloadProblems(check, value, path)
  } catch (error) {
    return [uncheckable(messageOf(error), path)]
  }
}

function uncheckable(why: string, path: readonly string[]): Problem {
  const message = `cannot be checked against the event type's schema: ${why}`
  return { code: 'PAYLOAD_INVALID', message, path, jsonPointer: '' }
}
