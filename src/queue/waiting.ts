import type { Sql } from '../store/sql.ts'

// Pending deliveries that cannot run now. They have no job: the queue holds what can run, and stays short whatever is
// late, dead, limited or ordered. Ids are bare UUIDs.

type WaitingState = 'TIMED' | 'GATED' | 'RELEASED'

/** Without order, what was recovered stands behind live traffic. A place in a FIFO line is higher than both. */
export const LIVE_POSITION = 0
export const RECOVERED_POSITION = 1

export interface NewWaiting {
  readonly deliveryId: string
  readonly destinationId: string
  readonly state: WaitingState
  /** From now, by Postgres's clock; 0 when it is due. */
  readonly dueInMs: number
  readonly position: number
}

export async function insertWaiting(tx: Sql, rows: readonly NewWaiting[]): Promise<void> {
  if (rows.length === 0) return
  await tx(
    `insert into waiting_delivery (delivery_id, destination_id, state, due_at, position)
     select delivery_id, destination_id, state, now() + due_in_ms * interval '1 ms', position
     from unnest($1::uuid[], $2::uuid[], $3::text[], $4::float8[], $5::bigint[])
       as w (delivery_id, destination_id, state, due_in_ms, position)`,
    [
      rows.map((row) => row.deliveryId),
      rows.map((row) => row.destinationId),
      rows.map((row) => row.state),
      rows.map((row) => row.dueInMs),
      rows.map((row) => row.position),
    ],
  )
}

export interface Due {
  readonly deliveryId: string
  readonly destinationId: string
  readonly position: number
}

/** Takes what waited for its time only and is due now, the earliest first. */
export async function takeDue(tx: Sql, limit: number): Promise<Due[]> {
  return tx(
    `delete from waiting_delivery where delivery_id = any(array(
       select delivery_id from waiting_delivery where state = 'TIMED' and due_at <= now()
       order by due_at limit $1 for update skip locked))
     returning delivery_id as "deliveryId", destination_id as "destinationId", position::int`,
    [limit],
  )
}

/** Takes the first of what one destination's gate holds back. */
export async function takeGated(tx: Sql, destinationId: string, limit: number): Promise<string[]> {
  const rows = await tx<{ id: string }>(
    `delete from waiting_delivery where delivery_id = any(array(
       select delivery_id from waiting_delivery where destination_id = $1 and state = 'GATED'
       order by position, due_at, delivery_id limit $2 for update skip locked))
     returning delivery_id as id`,
    [destinationId, limit],
  )
  return rows.map((row) => row.id)
}

/** Takes what has been due for longer than `lateMs` behind one destination's gate; FIFO lines are left alone. */
export async function takeExpired(
  tx: Sql,
  destinationId: string,
  { lateMs, limit }: { lateMs: number; limit: number },
): Promise<string[]> {
  const rows = await tx<{ id: string }>(
    `delete from waiting_delivery where delivery_id = any(array(
       select delivery_id from waiting_delivery
       where destination_id = $1 and state = 'GATED' and position in (0, 1) and due_at < now() - $2::float8 * interval '1 ms'
       limit $3 for update skip locked))
     returning delivery_id as id`,
    [destinationId, lateMs, limit],
  )
  return rows.map((row) => row.id)
}

export interface HeadOfLine {
  readonly deliveryId: string
  readonly state: WaitingState
  /** Milliseconds from now, by Postgres's clock; negative when it is due. */
  readonly dueInMs: number
}

/** The first of a FIFO destination's line; what is behind it waits until it is finished. */
export async function findHeadOfLine(tx: Sql, destinationId: string): Promise<HeadOfLine | undefined> {
  const [head] = await tx<HeadOfLine>(
    `select delivery_id as "deliveryId", state, extract(epoch from due_at - now())::float8 * 1000 as "dueInMs"
     from waiting_delivery where destination_id = $1 and position > 1 order by position limit 1`,
    [destinationId],
  )
  return head
}

/** False when another transaction has hold of it: whoever holds a gate waits for no row behind it. */
export async function markReleased(tx: Sql, deliveryId: string): Promise<boolean> {
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
  readonly position: number
}

/** Holds the row, if the delivery waits. */
export async function lockWaiting(tx: Sql, deliveryId: string): Promise<Waiting | undefined> {
  const [row] = await tx<Waiting>(
    'select state, position::int from waiting_delivery where delivery_id = $1 for update',
    [deliveryId],
  )
  return row
}

export async function markDueNow(tx: Sql, deliveryId: string): Promise<void> {
  await tx('update waiting_delivery set due_at = now() where delivery_id = $1', [deliveryId])
}

/** Takes rows away, whatever their state; returns the destinations of those that there were. */
export async function dropWaiting(tx: Sql, deliveryIds: readonly string[]): Promise<string[]> {
  const rows = await tx<{ id: string }>(
    'delete from waiting_delivery where delivery_id = any($1::uuid[]) returning destination_id as id',
    [deliveryIds],
  )
  return rows.map((row) => row.id)
}

/** Lets what a gate holds go its way by time, when the gate itself is gone; at most `limit` rows. */
export async function freeStranded(sql: Sql, limit: number): Promise<number> {
  const rows = await sql(
    `update waiting_delivery set state = 'TIMED', due_at = now(), position = 0 where delivery_id = any(array(
       select w.delivery_id
       from (
         with recursive destinations as (
           (select destination_id from waiting_delivery where state = 'GATED' order by destination_id limit 1)
           union all
           select (select destination_id from waiting_delivery where state = 'GATED' and destination_id > d.destination_id
             order by destination_id limit 1)
           from destinations d where d.destination_id is not null
         )
         select destination_id from destinations where destination_id is not null
       ) d
       cross join lateral (
         select delivery_id from waiting_delivery where destination_id = d.destination_id and state = 'GATED'
           and not exists (select from destination_health h
             where h.destination_id = d.destination_id and h.gate_opens_at is not null)
         limit $1
       ) w limit $1))
     returning 1`,
    [limit],
  )
  return rows.length
}
