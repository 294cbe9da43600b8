import type { Transaction } from '../store/transaction.ts'
import { holdBack } from './hold.ts'
import { insertJobs } from './jobs.ts'
import { insertWaiting, LIVE_POSITION } from './waiting.ts'

/** A pending delivery that has just been inserted. */
export interface NewPending {
  readonly id: string
  readonly destinationId: string
  /** Whether it has to wait for its destination. */
  readonly isHeld: boolean
  /** When it is due, from now; undefined at once. */
  readonly dueInMs?: number | undefined
}

/** Puts new deliveries into the queue, or where they wait. */
export async function enqueue(
  tx: Transaction,
  deliveries: readonly NewPending[],
  position = LIVE_POSITION,
): Promise<void> {
  const timed = deliveries.filter((delivery) => delivery.dueInMs !== undefined && delivery.dueInMs > 0)
  const due = deliveries.filter((delivery) => delivery.dueInMs === undefined || delivery.dueInMs <= 0)
  const free = due.filter((delivery) => !delivery.isHeld)
  const held = due.filter((delivery) => delivery.isHeld)
  await insertJobs(
    tx,
    free.map((delivery) => delivery.id),
  )
  await insertWaiting(
    tx,
    timed.map(({ id, destinationId, dueInMs }) => {
      return { deliveryId: id, destinationId, state: 'TIMED', dueInMs: dueInMs!, position }
    }),
  )
  await holdBack(
    tx,
    held.map(({ id, destinationId }) => ({ deliveryId: id, destinationId, position })),
  )
  if (free.length > 0) tx.wake('due')
  if (free.length < deliveries.length) tx.wake('waiting')
}
