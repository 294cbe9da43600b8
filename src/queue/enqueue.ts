import type { Uuid } from '../domain/id.ts'
import type { Transaction } from '../store/transaction.ts'
import { holdDeliveries } from './hold.ts'
import { insertJobs } from './jobs.ts'
import { insertWaiting } from './waiting.ts'

/** A pending delivery that has just been inserted. */
export interface NewPending {
  readonly id: Uuid<'dlv'>
  readonly destinationId: Uuid<'dst'>
  /** Whether its destination holds new deliveries; see HOLDS_NEW. */
  readonly isHeld: boolean
  /** When it is due, from now; undefined at once. */
  readonly dueInMs?: number | undefined
}

/** Puts new deliveries into the queue, or lets them wait: for their time, or held for their destination. */
export async function enqueue(tx: Transaction, deliveries: readonly NewPending[]): Promise<void> {
  const isScheduled = ({ dueInMs }: NewPending) => dueInMs !== undefined && dueInMs > 0
  const scheduled = deliveries.filter(isScheduled)
  const held = deliveries.filter((one) => !isScheduled(one) && one.isHeld)
  const free = deliveries.filter((one) => !isScheduled(one) && !one.isHeld)
  await insertJobs(
    tx,
    free.map((delivery) => delivery.id),
  )
  await insertWaiting(
    tx,
    scheduled.map(({ id, destinationId, dueInMs }) => {
      return { deliveryId: id, destinationId, state: 'SCHEDULED', dueInMs: dueInMs!, lane: 'LIVE' }
    }),
  )
  await holdDeliveries(
    tx,
    held.map(({ id, destinationId }) => ({ deliveryId: id, destinationId, lane: 'LIVE' })),
  )
  if (free.length > 0) tx.wake('due')
  if (free.length < deliveries.length) tx.wake('waiting')
}
