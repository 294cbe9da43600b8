import type { EntityManager } from '@mikro-orm/core'
import { z } from 'zod'
import type { Id } from '../domain/id.ts'
import { line, parseInput, prose } from '../domain/parse-input.ts'
import { type Problem, Refused, refused } from '../domain/refused.ts'
import { isEventTypeName } from '../domain/subscription.ts'
import { type Evaluator, preparePayloadSchema } from '../evaluate/evaluator.ts'
import type { SchemaReport } from '../evaluate/task.ts'
import { EventType, type EventTypeStatus } from '../store/event-type.ts'
import { newId } from '../store/new-id.ts'
import { isUniqueViolation } from '../store/sql.ts'

export interface EventTypeFields {
  readonly name: string
  readonly description?: string | null | undefined
  readonly group?: string | null | undefined
  readonly status?: EventTypeStatus | null | undefined
  readonly payloadSchema?: Record<string, unknown> | null | undefined
  readonly samplePayload?: unknown
  /** Whether receivers may stumble over the new schema. Default false. */
  readonly allowBreakingSchema?: boolean | null | undefined
}

const MAX_JSON_BYTES = 65_536
const MAX_CHANGES_NAMED = 20

const upsertSchema = z.object({
  name: z
    .string()
    .refine(isEventTypeName, 'is dotted words of letters, digits, - and _, at most 128 characters: inquiry.received'),
  description: prose(1_000).nullish(),
  group: line(100).nullish(),
  payloadSchema: z.unknown().refine(isSmall, `is over ${MAX_JSON_BYTES} bytes of JSON`).optional(),
  samplePayload: z.unknown().refine(isSmall, `is over ${MAX_JSON_BYTES} bytes of JSON`).optional(),
})

interface EventTypeParts {
  readonly em: EntityManager
  readonly evaluator: Evaluator
}

/** Makes the type, or changes what is given of the one that has the name. */
export async function upsertEventType(
  { em, evaluator }: EventTypeParts,
  applicationId: Id<'app'>,
  input: EventTypeFields,
): Promise<EventType> {
  const { name, description, group } = parseInput(upsertSchema, input)
  const existing = await em.findOne(EventType, { applicationId, name })
  if (existing?.isNotice) throw refuseNotice(name)
  const type =
    existing ??
    em.create(EventType, {
      id: newId('ety'),
      applicationId,
      name,
      status: 'AVAILABLE',
      samplePayload: null,
      version: 1,
      createdAt: new Date(),
    })
  if (description !== undefined) type.description = description
  if (group !== undefined) type.group = group
  if (input.payloadSchema !== undefined) {
    const promised = existing && !input.allowBreakingSchema ? promisedSchema(existing) : undefined
    checkSchema(await evaluator.report(promised, input.payloadSchema))
    type.payloadSchema = input.payloadSchema
  }
  if (input.status) type.status = input.status
  if (input.samplePayload !== undefined) type.samplePayload = input.samplePayload
  await checkSample(evaluator, type)
  try {
    await em.flush()
  } catch (error) {
    // Made by somebody else meanwhile: then it is a change.
    if (!isUniqueViolation(error) || existing) throw error
    return upsertEventType({ em: em.fork(), evaluator }, applicationId, input)
  }
  return type
}

export async function archiveEventType(em: EntityManager, applicationId: Id<'app'>, name: string): Promise<EventType> {
  const type = isEventTypeName(name) ? await em.findOne(EventType, { applicationId, name }) : null
  if (!type) {
    throw refused('EVENT_TYPE_UNKNOWN', `there is no event type "${name}" in the catalogue`, ['input', 'name'])
  }
  if (type.isNotice) throw refuseNotice(name)
  type.status = 'ARCHIVED'
  await em.flush()
  return type
}

function refuseNotice(name: string): Refused {
  return refused('TAKEN', `"${name}" is published by Postrider itself`, ['input', 'name'])
}

function isSmall(value: unknown): boolean {
  return value === undefined || Buffer.byteLength(JSON.stringify(value)) <= MAX_JSON_BYTES
}

/** What receivers were written for. Nobody has received what only comes soon. */
function promisedSchema({ status, payloadSchema }: EventType): Record<string, unknown> | undefined {
  return status === 'COMING_SOON' ? undefined : (payloadSchema ?? undefined)
}

function checkSchema({ unusable, changes }: SchemaReport): void {
  const path = ['input', 'payloadSchema']
  if (unusable !== undefined) throw refused('INVALID', `is no usable JSON Schema: ${unusable}`, path)
  if (changes.length === 0) return
  throw new Refused(
    ...changes.slice(0, MAX_CHANGES_NAMED).map((change): Problem => {
      const message = `could break receivers: ${change}. allowBreakingSchema lets it pass`
      return { code: 'CONFLICT', message, path }
    }),
  )
}

/** A catalogue whose sample breaks its own schema would mislead everyone who builds on it. */
async function checkSample(evaluator: Evaluator, { payloadSchema, samplePayload }: EventType): Promise<void> {
  if (!payloadSchema || samplePayload === undefined || samplePayload === null) return
  const data = { json: JSON.stringify(samplePayload), value: samplePayload, path: ['input', 'samplePayload'] }
  const problems = await evaluator.check(preparePayloadSchema(payloadSchema), data)
  if (problems.length > 0) throw new Refused(...problems)
}
