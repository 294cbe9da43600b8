import { isSpreadable, spreadsData } from '../domain/envelope.ts'
import { type Id, idToUuid, parseId } from '../domain/id.ts'
import { compilePayloadSchema, payloadProblems } from '../domain/payload-schema.ts'
import { Refused } from '../domain/refused.ts'
import { isEventTypeName } from '../domain/subscription.ts'
import { Application } from '../store/application.ts'
import type { Bell } from '../store/bell.ts'
import type { Delivery } from '../store/delivery.ts'
import { DeliveryAttempt } from '../store/delivery-attempt.ts'
import { Destination } from '../store/destination.ts'
import type { Event } from '../store/event.ts'
import { EventType } from '../store/event-type.ts'
import { newId } from '../store/new-id.ts'
import { insertTestEvent } from '../store/publication.ts'
import type { Store } from '../store/store.ts'
import { notSpreadable } from './catalogue.ts'
import type { DeliveryWatch } from './delivery-watch.ts'
import { enqueueDelivery } from './enqueue-delivery.ts'
import { MAX_DATA_BYTES } from './publish-request.ts'

export interface DestinationTest {
  readonly delivery: Delivery
  /** Null when it has not ended within the application's time limit and five seconds. */
  readonly attempt: DeliveryAttempt | null
}

const SPARE_MS = 5_000

/**
 * Sends the event type's sample, or the data given, through the real pipeline: one attempt, whatever the destination's
 * subscriptions, switch and health say.
 */
export async function testDestination(
  { store, bell, watch }: { store: Store; bell: Bell; watch: DeliveryWatch },
  applicationId: Id<'app'>,
  input: { id: string; eventType: string; data?: unknown },
): Promise<DestinationTest> {
  const em = store.em()
  const id = parseId('dst', input.id)
  const destination = id && (await em.findOne(Destination, { id, applicationId }))
  if (!destination) throw refuse('NOT_FOUND', `there is no destination ${input.id}`, 'id')
  const { eventType } = input
  const type = isEventTypeName(eventType) ? await em.findOne(EventType, { applicationId, name: eventType }) : null
  if (!type)
    throw refuse('EVENT_TYPE_UNKNOWN', `there is no event type "${input.eventType}" in the catalogue`, 'eventType')
  const application = await em.findOneOrFail(Application, { id: applicationId })
  const event = testEvent(destination, type, input.data)
  if (spreadsData(application.deliveryProfile.envelope) && !isSpreadable(JSON.parse(event.data!)))
    throw new Refused(notSpreadable(['input', 'data']))
  const { id: deliveryId, rings } = await store.transaction(async (tx) => {
    await insertTestEvent(tx, {
      id: idToUuid(event.id),
      applicationId: idToUuid(applicationId),
      organizationId: idToUuid(event.organizationId),
      type: event.type,
      data: event.data!,
      dataBytes: event.dataBytes,
      idempotencyKey: null,
      isTest: true,
    })
    return enqueueDelivery(store, tx, { event, destinationId: destination.id, trigger: 'TEST', maxAttempts: 1 })
  })
  for (const kind of rings) bell.ring(kind)
  return waitForAttempt({ store, watch }, deliveryId, application.deliveryProfile.timeoutMs + SPARE_MS)
}

function testEvent(destination: Destination, type: EventType, given: unknown): Event {
  const data = given ?? type.samplePayload ?? {}
  const problems = type.payloadSchema
    ? payloadProblems(compilePayloadSchema(type.payloadSchema), data, ['input', 'data'])
    : []
  if (problems.length > 0) throw new Refused(...problems)
  const json = JSON.stringify(data)
  const dataBytes = Buffer.byteLength(json)
  if (dataBytes > MAX_DATA_BYTES)
    throw refuse('LIMIT_EXCEEDED', `is ${dataBytes} bytes of JSON; at most ${MAX_DATA_BYTES}`, 'data')
  return {
    id: newId('evt'),
    applicationId: destination.applicationId,
    organizationId: destination.organizationId,
    type: type.name,
    data: json,
    dataBytes,
    idempotencyKey: null,
    isTest: true,
  } as Event
}

async function waitForAttempt(
  { store, watch }: { store: Store; watch: DeliveryWatch },
  id: Id<'dlv'>,
  timeoutMs: number,
): Promise<DestinationTest> {
  let delivery: Delivery | undefined
  for await (const state of watch.watch(id, AbortSignal.timeout(timeoutMs))) delivery = state
  const attempt = await store.em().findOne(DeliveryAttempt, { deliveryId: id })
  return { delivery: delivery!, attempt }
}

function refuse(code: 'NOT_FOUND' | 'EVENT_TYPE_UNKNOWN' | 'LIMIT_EXCEEDED', message: string, field: string): Refused {
  return new Refused({ code, message, path: ['input', field] })
}
