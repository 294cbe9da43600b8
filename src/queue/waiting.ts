import type { Uuid } from '../domain/id.ts'
import type { DeliveryTrigger } from '../store/delivery.ts'
import type { Sql } from '../store/sql.ts'

// Pending deliveries that cannot run now. They have no job, so the queue stays short whatever is late, dead, limited or
// ordered. Only the head of a FIFO line keeps its row while it has one.

/**
 * SCHEDULED: waits for `due_at`. HELD: due, but waits for its destination. RELEASED: the head of a FIFO line, which has
 * a job.
 */
type WaitingState = 'SCHEDULED' | 'HELD' | 'RELEASED'

/**
 * Where a delivery stands among those held for its destination. FIFO: at a number of the destination's line. Without
 * order, recovered deliveries go after live ones.
 */
export type LanePosition =
  | { readonly lane: 'LIVE' | 'RECOVERED'; readonly lineNo?: null | undefined }
  | { readonly lane: 'FIFO'; readonly lineNo: number }

/** The lane of a delivery that has no number in a FIFO line. */
export function laneOf(trigger: DeliveryTrigger): 'LIVE' | 'RECOVERED' {
  return trigger === 'RECOVERY' ? 'RECOVERED' : 'LIVE'
}

export type NewWaiting = LanePosition & {
  readonly deliveryId: Uuid<'dlv'>
  readonly destinationId: Uuid<'dst'>
  readonly state: WaitingState
  /** From now, by Postgres's clock; 0 when it is due. */
  readonly dueInMs: number
}

export async function insertWaiting(tx: Sql, rows: readonly NewWaiting[]): Promise<void> {
  if (rows.length === 0) return
  await tx(
    `insert into waiting_delivery (delivery_id, destination_id, state, due_at, lane, line_no)
     select delivery_id, destination_id, state, now() + due_in_ms * interval '1 ms', lane, line_no
     from unnest($1::uuid[], $2::uuid[], $3::text[], $4::float8[], $5::text[], $6::bigint[])
       as w (delivery_id, destination_id, state, due_in_ms, lane, line_no)`,
    [
      rows.map((row) => row.deliveryId),
      rows.map((row) => row.destinationId),
      rows.map((row) => row.state),
      rows.map((row) => row.dueInMs),
      rows.map((row) => row.lane),
      rows.map((row) => row.lineNo ?? null),
    ],
  )
}

export interface Due {
  readonly deliveryId: Uuid<'dlv'>
  readonly destinationId: Uuid<'dst'>
  readonly lane: 'LIVE' | 'RECOVERED'
}

/** Takes scheduled deliveries that are due now, the earliest first. */
export async function takeDue(tx: Sql, limit: number): Promise<Due[]> {
  return tx(
    `delete from waiting_delivery where delivery_id = any(array(
       select delivery_id from waiting_delivery where state = 'SCHEDULED' and due_at <= now()
       order by due_at limit $1 for update skip locked))
     returning delivery_id as "deliveryId", destination_id as "destinationId", lane`,
    [limit],
  )
}

/** Takes the first of a destination's held deliveries. */
export async function takeHeld(tx: Sql, destinationId: Uuid<'dst'>, limit: number): Promise<Uuid<'dlv'>[]> {
  const rows = await tx<{ id: Uuid<'dlv'> }>(
    `delete from waiting_delivery where delivery_id = any(array(
       select delivery_id from waiting_delivery where destination_id = $1 and state = 'HELD'
       order by lane, line_no, due_at, delivery_id limit $2 for update skip locked))
     returning delivery_id as id`,
    [destinationId, limit],
  )
  return rows.map((row) => row.id)
}

/** Takes a destination's deliveries that were due and held for longer than `lateMs`; FIFO lines are left alone. */
export async function takeHeldTooLong(
  tx: Sql,
  destinationId: Uuid<'dst'>,
  { lateMs, limit }: { lateMs: number; limit: number },
): Promise<Uuid<'dlv'>[]> {
  const rows = await tx<{ id: Uuid<'dlv'> }>(
    `delete from waiting_delivery where delivery_id = any(array(
       select delivery_id from waiting_delivery
       where destination_id = $1 and state = 'HELD' and lane <> 'FIFO' and due_at < now() - $2::float8 * interval '1 ms'
       limit $3 for update skip locked))
     returning delivery_id as id`,
    [destinationId, lateMs, limit],
  )
  return rows.map((row) => row.id)
}

export interface HeadOfLine {
  readonly deliveryId: Uuid<'dlv'>
  readonly state: WaitingState
  /** Milliseconds from now, by Postgres's clock; negative when it is due. */
  readonly dueInMs: number
}

/** The head of a FIFO destination's line; those behind it wait until it is finished. */
export async function findHeadOfLine(tx: Sql, destinationId: Uuid<'dst'>): Promise<HeadOfLine | undefined> {
  const [head] = await tx<HeadOfLine>(
    `select delivery_id as "deliveryId", state, extract(epoch from due_at - now())::float8 * 1000 as "dueInMs"
     from waiting_delivery where destination_id = $1 and lane = 'FIFO' order by line_no limit 1`,
    [destinationId],
  )
  return head
}

/** False when another transaction has locked it: nobody waits for a delivery's row while holding its destination's. */
export async function markReleased(tx: Sql, deliveryId: Uuid<'dlv'>): Promise<boolean> {
  const rows = await tx(
    `update waiting_delivery set state = 'RELEASED' where delivery_id = any(array(
       select delivery_id from waiting_delivery where delivery_id = $1 for update skip locked))
     returning 1`,
    [deliveryId],
  )
  return rows.length > 0
}

export interface Waiting {
  readonly state: WaitingState
  readonly lane: LanePosition['lane']
}

/** Locks the row, if the delivery waits. */
export async function lockWaiting(tx: Sql, deliveryId: Uuid<'dlv'>): Promise<Waiting | undefined> {
  const [row] = await tx<Waiting>('select state, lane from waiting_delivery where delivery_id = $1 for update', [
    deliveryId,
  ])
  return row
}

export async function markDueNow(tx: Sql, deliveryId: Uuid<'dlv'>): Promise<void> {
  await tx('update waiting_delivery set due_at = now() where delivery_id = $1', [deliveryId])
}

/** Deletes rows, whatever their state; returns the destinations of those that existed. */
export async function dropWaiting(tx: Sql, deliveryIds: readonly Uuid<'dlv'>[]): Promise<Uuid<'dst'>[]> {
  const rows = await tx<{ id: Uuid<'dst'> }>(
    'delete from waiting_delivery where delivery_id = any($1::uuid[]) returning destination_id as id',
    [deliveryIds],
  )
  return rows.map((row) => row.id)
}

/** Schedules held deliveries of destinations that no longer hold any, such as deleted ones; at most `limit` rows. */
export async function freeStranded(sql: Sql, limit: number): Promise<number> {
  const rows = await sql(
    `update waiting_delivery set state = 'SCHEDULED', due_at = now(), line_no = null,
       lane = case lane when 'FIFO' then 'LIVE' else lane end where delivery_id = any(array(
       select w.delivery_id
       from (
         with recursive destinations as (
           (select destination_id from waiting_delivery where state = 'HELD' order by destination_id limit 1)
           union all
           select (select destination_id from waiting_delivery where state = 'HELD' and destination_id > d.destination_id
             order by destination_id limit 1)
           from destinations d where d.destination_id is not null
         )
         select destination_id from destinations where destination_id is not null
       ) d
       cross join lateral (
         select delivery_id from waiting_delivery where destination_id = d.destination_id and state = 'HELD'
           and not exists (select from destination_health h
             where h.destination_id = d.destination_id and h.release_at is not null)
         limit $1
       ) w limit $1))
     returning 1`,
    [limit],
  )
  return rows.length
}
