import { type Id, idToUuid, parseId } from '../domain/id.ts'
import { notFound, type Refused, refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import { enqueueDelivery } from '../publish/publish-again.ts'
import { makeProbe, releaseNow } from '../queue/hold.ts'
import { insertJobs } from '../queue/jobs.ts'
import { dropWaiting, lockWaiting, markDueNow } from '../queue/waiting.ts'
import { Application } from '../store/application.ts'
import { Delivery } from '../store/delivery.ts'
import { Destination } from '../store/destination.ts'
import { Event } from '../store/event.ts'
import type { Store } from '../store/store.ts'
import { markDue } from './pending-sql.ts'

/** On a finished delivery: a new one for the same event and destination. On a pending one: due now. */
export async function retryDelivery(store: Store, scope: Scope, deliveryId: string): Promise<Delivery> {
  const em = store.em()
  const id = parseId('dlv', deliveryId)
  const delivery = id && (await em.findOne(Delivery, { id, ...scope }))
  if (!delivery) throw notFound(`delivery ${deliveryId}`, ['input', 'id'])
  // A pending one that is being attempted right now is left to that attempt.
  const retriedId = delivery.status === 'PENDING' ? await hasten(store, delivery) : await repeat(store, delivery)
  return store.em().findOneOrFail(Delivery, { id: retriedId })
}

async function hasten(store: Store, { id, destinationId }: Delivery): Promise<Id<'dlv'>> {
  const uuid = idToUuid(id)
  await store.transaction(async (tx) => {
    const waiting = await lockWaiting(tx, uuid)
    if (!waiting || waiting.state === 'RELEASED') return
    for (const kind of ['due', 'waiting', 'attempt'] as const) tx.wake(kind)
    await markDue(tx, uuid)
    if (waiting.state === 'SCHEDULED') {
      await markDueNow(tx, uuid)
    } else if (waiting.lane === 'FIFO') {
      // In a line, its turn still has to come.
      await markDueNow(tx, uuid)
      await releaseNow(tx, idToUuid(destinationId))
    } else {
      await dropWaiting(tx, [uuid])
      await insertJobs(tx, [uuid])
      await makeProbe(tx, idToUuid(destinationId), uuid)
    }
  })
  return id
}

async function repeat(store: Store, delivery: Delivery): Promise<Id<'dlv'>> {
  const em = store.em()
  const { applicationId, eventId, destinationId } = delivery
  const [application, event, destination] = await Promise.all([
    em.fork().findOneOrFail(Application, { id: applicationId }),
    em.fork().findOne(Event, { id: eventId }, { populate: ['data'] }),
    em.fork().findOne(Destination, { id: destinationId }),
  ])
  if (!event || event.data === null) throw notRetryable("its event's data is no longer kept")
  if (!destination) throw notRetryable('its destination was deleted')
  const maxAttempts = application.deliveryProfile.retryDelays.length + 1
  return store.transaction(async (tx) => {
    tx.wake('attempt')
    return enqueueDelivery(tx, { event, destinationId, trigger: 'RETRY', maxAttempts })
  })
}

function notRetryable(why: string): Refused {
  return refused('NOT_RETRYABLE', `cannot be retried: ${why}`, ['input', 'id'])
}
