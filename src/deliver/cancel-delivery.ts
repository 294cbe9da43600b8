import { idToUuid, parseId } from '../domain/id.ts'
import { notFound, refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import { releaseNow } from '../queue/hold.ts'
import { withdrawJobs } from '../queue/jobs.ts'
import { dropWaiting, lockWaiting } from '../queue/waiting.ts'
import { Delivery } from '../store/delivery.ts'
import type { Store } from '../store/store.ts'
import type { Transaction } from '../store/transaction.ts'
import { markCancelled } from './pending-sql.ts'

/** Takes a pending delivery back. An attempt that is under way is still recorded, and not followed by another. */
export async function cancelDelivery(store: Store, scope: Scope, deliveryId: string): Promise<Delivery> {
  const id = parseId('dlv', deliveryId)
  const delivery = id && (await store.em().findOne(Delivery, { id, ...scope }))
  if (!delivery) throw notFound(`delivery ${deliveryId}`, ['input', 'id'])
  await store.transaction((tx) => cancel(tx, delivery))
  return store.em().findOneOrFail(Delivery, { id: delivery.id })
}

/** In the order in which settlements take their rows: job, waiting, delivery, destination. */
async function cancel(tx: Transaction, delivery: Delivery): Promise<void> {
  tx.wake('attempt')
  tx.wake('waiting')
  const uuid = idToUuid(delivery.id)
  const isWithdrawn = (await withdrawJobs(tx, [uuid])).has(uuid)
  const waiting = await lockWaiting(tx, uuid)
  // The head of a line whose attempt is under way leaves it with its settlement.
  const isUnderWay = waiting?.state === 'RELEASED' && !isWithdrawn
  if (waiting && !isUnderWay) await dropWaiting(tx, [uuid])
  if (!(await markCancelled(tx, uuid))) throw refused('CONFLICT', 'is finished', ['input', 'id'])
  if (waiting?.lane === 'FIFO' && !isUnderWay) await releaseNow(tx, idToUuid(delivery.destinationId))
}
