import { defineEntity, type EntityManager, type InferEntity, p } from '@mikro-orm/core'
import { z } from 'zod'
import type { Id } from '../domain/id.ts'
import { messageOf } from '../domain/message-of.ts'
import { line, parseInput, prose } from '../domain/parse-input.ts'
import { compilePayloadSchema, type PayloadCheck, payloadProblems } from '../domain/payload-schema.ts'
import { type Problem, Refused, refused } from '../domain/refused.ts'
import { breakingChanges } from '../domain/schema-change.ts'
import { isEventTypeName } from '../domain/subscription.ts'
import { newId } from './new-id.ts'
import { isUniqueViolation } from './sql.ts'
import { TypeIdType } from './type-id-type.ts'

export const eventTypeStatuses = ['AVAILABLE', 'COMING_SOON', 'DEPRECATED', 'ARCHIVED'] as const
export type EventTypeStatus = (typeof eventTypeStatuses)[number]

/** A kind of event in an application's catalogue. */
export const EventType = defineEntity({
  name: 'EventType',
  tableName: 'event_type',
  properties: {
    id: p.type(new TypeIdType('ety')).$type<Id<'ety'>>().primary(),
    applicationId: p.type(new TypeIdType('app')).$type<Id<'app'>>(),
    name: p.text(),
    description: p.text().nullable(),
    group: p.text().nullable(),
    status: p.text().$type<EventTypeStatus>(),
    payloadSchema: p.json().$type<Record<string, unknown>>().nullable(),
    samplePayload: p.json().$type<unknown>().nullable(),
    /** Published by Postrider itself; see domain/notice.ts. */
    isNotice: p.boolean().default(false),
    version: p.integer().version(),
    createdAt: p.datetime(3),
  },
})
export type EventType = InferEntity<typeof EventType>

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

/** Makes the type, or changes what is given of the one that has the name. */
export async function upsertEventType(
  em: EntityManager,
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
    if (existing && !input.allowBreakingSchema) checkChange(existing, input.payloadSchema)
    type.payloadSchema = input.payloadSchema
  }
  if (input.status) type.status = input.status
  if (input.samplePayload !== undefined) type.samplePayload = input.samplePayload
  checkSample(type)
  try {
    await em.flush()
  } catch (error) {
    // Made by somebody else meanwhile: then it is a change.
    if (!isUniqueViolation(error) || existing) throw error
    return upsertEventType(em.fork(), applicationId, input)
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

/** Receivers were written for what the catalogue promised. Nobody has received what only comes soon. */
function checkChange({ status, payloadSchema }: EventType, next: Record<string, unknown> | null): void {
  if (!payloadSchema || status === 'COMING_SOON') return
  const changes = breakingChanges(payloadSchema, next)
  if (changes.length === 0) return
  throw new Refused(
    ...changes.slice(0, MAX_CHANGES_NAMED).map((change): Problem => {
      const message = `could break receivers: ${change}. allowBreakingSchema lets it pass`
      return { code: 'CONFLICT', message, path: ['input', 'payloadSchema'] }
    }),
  )
}

/** A catalogue whose sample breaks its own schema would mislead everyone who builds on it. */
function checkSample({ payloadSchema, samplePayload }: EventType): void {
  if (!payloadSchema) return
  let check: PayloadCheck
  try {
    check = compilePayloadSchema(payloadSchema)
  } catch (error) {
    throw refused('INVALID', `is no usable JSON Schema: ${messageOf(error)}`, ['input', 'payloadSchema'])
  }
  if (samplePayload === undefined || samplePayload === null) return
  const problems = payloadProblems(check, samplePayload, ['input', 'samplePayload'])
  if (problems.length > 0) throw new Refused(...problems)
}
