import type { EntityManager } from '@mikro-orm/core'
import { isSpreadable, spreadsData } from '../domain/envelope.ts'
import type { Id } from '../domain/id.ts'
import { Refused, refused } from '../domain/refused.ts'
import { isEventTypeName } from '../domain/subscription.ts'
import { type Evaluator, preparePayloadSchema } from '../evaluate/evaluator.ts'
import { notSpreadable } from '../publish/catalogue.ts'
import { MAX_DATA_BYTES } from '../publish/publish-request.ts'
import type { Application } from '../store/application.ts'
import { EventType } from '../store/event-type.ts'

/** The type that came as `input.eventType`; Refused when the catalogue has none of the name. */
export async function findEventType(em: EntityManager, applicationId: Id<'app'>, name: string): Promise<EventType> {
  const type = isEventTypeName(name) ? await em.findOne(EventType, { applicationId, name }) : null
  if (type) return type
  throw refused('EVENT_TYPE_UNKNOWN', `there is no event type "${name}" in the catalogue`, ['input', 'eventType'])
}

/** What came as `input.data`, or the type's sample without it, as compact JSON. Refused as a publish would be. */
export async function sampleData(
  evaluator: Evaluator,
  { deliveryProfile }: Application,
  type: EventType,
  given: unknown,
): Promise<string> {
  const path = ['input', 'data']
  const data = given ?? type.samplePayload ?? {}
  const json = JSON.stringify(data)
  const { payloadSchema } = type
  const problems = payloadSchema
    ? [...(await evaluator.check(preparePayloadSchema(payloadSchema), { json, value: data, path }))]
    : []
  if (spreadsData(deliveryProfile.envelope) && !isSpreadable(data)) problems.push(notSpreadable(path))
  const dataBytes = Buffer.byteLength(json)
  if (dataBytes > MAX_DATA_BYTES)
    problems.push({ code: 'LIMIT_EXCEEDED', message: `is ${dataBytes} bytes of JSON; at most ${MAX_DATA_BYTES}`, path })
  if (problems.length > 0) throw new Refused(...problems)
  return json
}
