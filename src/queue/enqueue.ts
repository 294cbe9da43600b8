import type { BellKind } from '../store/bell.ts'
import type { Sql } from '../store/sql.ts'
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

/** Puts new deliveries into the queue, or where they wait. Returns what to ring once that is committed. */
export async function enqueue(
  tx: Sql,
  deliveries: readonly NewPending[],
  position = LIVE_POSITION,
): Promise<BellKind[]> {
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
  return [
    ...(free.length > 0 ? (['due'] as const) : []),
    ...(free.length < deliveries.length ? (['waiting'] as const) : []),
  ]
}
