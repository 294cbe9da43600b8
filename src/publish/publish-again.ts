import { type Id, idToUuid } from '../domain/id.ts'
import { refused } from '../domain/refused.ts'
import { enqueue } from '../queue/enqueue.ts'
import { findHolding } from '../queue/hold.ts'
import type { DeliveryTrigger } from '../store/delivery.ts'
import type { Event } from '../store/event.ts'
import { newId } from '../store/new-id.ts'
import type { Transaction } from '../store/transaction.ts'
import { insertDelivery } from './publish-again-sql.ts'
import { lockOrganizations } from './publish-sql.ts'

/** One more delivery of a stored event to one destination, due now. */
export async function enqueueDelivery(
  tx: Transaction,
  delivery: { event: Event; destinationId: Id<'dst'>; trigger: DeliveryTrigger; maxAttempts: number },
): Promise<Id<'dlv'>> {
  const id = newId('dlv')
  const { event } = delivery
  const organization = idToUuid(event.organizationId)
  if (!(await lockOrganizations(tx, [organization])).has(organization)) {
    throw refused('NOT_FOUND', 'the organization was deleted', ['input', 'id'])
  }
  await insertDelivery(tx, {
    id: idToUuid(id),
    applicationId: idToUuid(event.applicationId),
    organizationId: organization,
    eventId: idToUuid(event.id),
    destinationId: idToUuid(delivery.destinationId),
    eventType: event.type,
    trigger: delivery.trigger,
    maxAttempts: delivery.maxAttempts,
  })
  const destinationId = idToUuid(delivery.destinationId)
  // A person's test goes out whatever its destination has to wait for.
  const isHeld = delivery.trigger !== 'TEST' && (await findHolding(tx, [destinationId])).has(destinationId)
  await enqueue(tx, [{ id: idToUuid(id), destinationId, isHeld }])
  return id
}
