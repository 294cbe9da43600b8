import type { DeliveryWatch } from '../deliver/delivery-watch.ts'
import { type Id, idToUuid } from '../domain/id.ts'
import type { Scope } from '../domain/scope.ts'
import type { Evaluator } from '../evaluate/evaluator.ts'
import { enqueueDelivery } from '../publish/publish-again.ts'
import { insertTestEvent } from '../publish/publish-again-sql.ts'
import { Application } from '../store/application.ts'
import type { Delivery } from '../store/delivery.ts'
import { DeliveryAttempt } from '../store/delivery-attempt.ts'
import { type Destination, findDestination } from '../store/destination.ts'
import type { Event } from '../store/event.ts'
import { newId } from '../store/new-id.ts'
import type { Store } from '../store/store.ts'
import { findEventType, sampleData } from './sample-data.ts'

export interface DestinationTest {
  readonly delivery: Delivery
  /** Null when it has not ended within the application's time limit and five seconds. */
  readonly attempt: DeliveryAttempt | null
}

const SPARE_MS = 5_000

interface TestParts {
  readonly store: Store
  readonly evaluator: Evaluator
  readonly watch: DeliveryWatch
  /** Throws when the caller has stored too much. */
  readonly mayStore: (bytes: number) => void
}

/**
 * Sends the event type's sample, or the data given, through the real pipeline: one attempt, whatever the destination's
 * subscriptions, switch and health say.
 */
export async function testDestination(
  { store, evaluator, watch, mayStore }: TestParts,
  scope: Scope,
  input: { id: string; eventType: string; data?: unknown },
): Promise<DestinationTest> {
  const em = store.em()
  const destination = await findDestination(em, scope, input.id)
  const type = await findEventType(em, scope.applicationId, input.eventType)
  const application = await em.findOneOrFail(Application, { id: scope.applicationId })
  const sample = { application, type, given: input.data, spender: destination.organizationId }
  const event = testEvent(destination, type.name, await sampleData(evaluator, sample))
  mayStore(event.dataBytes)
  const deliveryId = await store.transaction(async (tx) => {
    await insertTestEvent(tx, {
      id: idToUuid(event.id),
      applicationId: idToUuid(scope.applicationId),
      organizationId: idToUuid(event.organizationId),
      type: event.type,
      data: event.data!,
      dataBytes: event.dataBytes,
      idempotencyKey: null,
      isTest: true,
    })
    return enqueueDelivery(tx, { event, destinationId: destination.id, trigger: 'TEST', maxAttempts: 1 })
  })
  return waitForAttempt({ store, watch }, deliveryId, application.deliveryProfile.timeoutMs + SPARE_MS)
}

function testEvent(destination: Destination, type: string, data: string): Event {
  return {
    id: newId('evt'),
    applicationId: destination.applicationId,
    organizationId: destination.organizationId,
    type,
    data,
    dataBytes: Buffer.byteLength(data),
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
