import type { Uuid } from '../domain/id.ts'
import type { Problem } from '../domain/refused.ts'
import type { EventStatus } from '../store/event.ts'
import type { Sql } from '../store/sql.ts'

// Events that were stored before they were checked, by postrider.publish(), and broke the schema of their type.

export interface Rejection {
  readonly id: Uuid<'evt'>
  /** Paths start at the event. */
  readonly problems: readonly Problem[]
}

/** Stores why events are rejected; the problems of events that are rejected already are replaced. */
export async function markRejected(tx: Sql, rejections: readonly Rejection[]): Promise<void> {
  await tx(
    `update event set status = 'REJECTED', problems = w.problems::json
     from unnest($1::uuid[], $2::text[]) as w (id, problems) where event.id = w.id`,
    [rejections.map((one) => one.id), rejections.map((one) => JSON.stringify(one.problems))],
  )
}

export async function markAccepted(tx: Sql, id: Uuid<'evt'>): Promise<void> {
  await tx("update event set status = 'ACCEPTED', problems = null where id = $1", [id])
}

export interface LockedEvent {
  readonly status: EventStatus
  readonly data: string | null
  readonly dataBytes: number
  readonly deliverAt: Date | null
  /** Until it may be delivered, by Postgres's clock; 0 when that is now. */
  readonly dueInMs: number
  /** Whether the outbox still holds it: it has not been checked, and its deliveries are not made yet. */
  readonly isUnchecked: boolean
}

/** Holds the event until the transaction ends; undefined when it is not kept any more. */
export async function lockEvent(tx: Sql, id: Uuid<'evt'>): Promise<LockedEvent | undefined> {
  const [row] = await tx<LockedEvent>(
    `select status, data, data_bytes as "dataBytes", deliver_at as "deliverAt",
       coalesce(greatest(0, extract(epoch from deliver_at - now())::float8 * 1000), 0) as "dueInMs",
       exists (select from outbox where event_id = $1) as "isUnchecked"
     from event where id = $1 for update`,
    [id],
  )
  return row
}
