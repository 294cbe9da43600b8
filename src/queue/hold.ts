import type { Uuid } from '../domain/id.ts'
import type { Sql } from '../store/sql.ts'
import { insertWaiting, type LanePosition, type NewWaiting } from './waiting.ts'

// A due delivery is held while it waits for its destination: for the circuit, the rate limit, the order, or the limit in a
// worker. destination_health.release_at says when held deliveries may next be released; it is null while none is held.
// Every transaction that holds or releases a delivery locks that row, so that none stays held with release_at null.

/** True of destinations whose new deliveries are held: d is the destination, h its destination_health. */
export const HOLDS_NEW = `(d.ordering = 'FIFO' or d.rate_limit is not null or h.release_at is not null
  or h.probe_at is not null)`

/** What decides which of a destination's held deliveries may go. */
export interface Hold {
  readonly destinationId: Uuid<'dst'>
  /** Switched off or DISABLED: the worker cancels its deliveries, and they need no tokens. */
  readonly isOff: boolean
  readonly ordering: 'ANY' | 'FIFO'
  readonly rateLimit: number | null
  /** Until the next probe, milliseconds; null while the circuit is closed. */
  readonly probeInMs: number | null
  /** The last number given out in its FIFO line. */
  readonly lastLineNo: number
  /** Milliseconds until the token bucket is full; negative when it is. */
  readonly fullInMs: number
  /** How long an open circuit may hold a delivery: as long as its whole schedule, and five minutes at least. */
  readonly maxHeldMs: number
}

const holdColumns = `h.destination_id as "destinationId", d.inactive_since is not null or h.health = 'DISABLED' as "isOff",
  d.ordering, d.rate_limit as "rateLimit", extract(epoch from h.probe_at - now())::float8 * 1000 as "probeInMs",
  h.last_line_no::int as "lastLineNo",
  coalesce(extract(epoch from h.next_send_at - now())::float8 * 1000, 0) as "fullInMs",
  (select 1000 * greatest(300, coalesce(sum(delay::float8), 0)) from application a,
    json_array_elements_text(a.delivery_profile -> 'retryDelays') as delay where a.id = d.application_id) as "maxHeldMs"`

/** Of these destinations, those whose new deliveries are held. */
export async function findHolding(sql: Sql, destinationIds: readonly Uuid<'dst'>[]): Promise<Set<Uuid<'dst'>>> {
  const rows = await sql<{ id: Uuid<'dst'> }>(
    `select d.id from destination d join destination_health h on h.destination_id = d.id
     where d.id = any($1::uuid[]) and ${HOLDS_NEW}`,
    [destinationIds],
  )
  return new Set(rows.map((row) => row.id))
}

export type NewHeld = LanePosition & {
  readonly deliveryId: Uuid<'dlv'>
  readonly destinationId: Uuid<'dst'>
  /** For how long it has been due. Default 0. */
  readonly lateMs?: number
}

/** Holds deliveries for their destinations, in the order given. New ones of a FIFO destination go to the end of its line. */
export async function holdDeliveries(tx: Sql, rows: readonly NewHeld[]): Promise<void> {
  if (rows.length === 0) return
  const destinationIds = [...new Set(rows.map((row) => row.destinationId))]
  const holds = new Map((await lockHolds(tx, destinationIds)).map((hold) => [hold.destinationId, hold]))
  const lastLineNo = new Map([...holds.values()].map((hold) => [hold.destinationId, hold.lastLineNo]))
  const held = rows.map((row): NewWaiting => {
    const { deliveryId, destinationId, lateMs = 0 } = row
    const hold = holds.get(destinationId)
    // The destination was deleted: the delivery goes to the queue, and the worker cancels it.
    if (!hold) return { deliveryId, destinationId, state: 'SCHEDULED', dueInMs: 0, lane: 'LIVE' }
    const waiting = { deliveryId, destinationId, state: 'HELD', dueInMs: -lateMs } as const
    if (row.lane === 'FIFO') return { ...waiting, lane: 'FIFO', lineNo: row.lineNo }
    if (hold.ordering !== 'FIFO') return { ...waiting, lane: row.lane }
    const lineNo = lastLineNo.get(destinationId)! + 1
    lastLineNo.set(destinationId, lineNo)
    return { ...waiting, lane: 'FIFO', lineNo }
  })
  await insertWaiting(tx, held)
  await tx(
    `update destination_health h set last_line_no = x.last_line_no,
       release_at = coalesce(h.release_at, greatest(now(), h.probe_at))
     from unnest($1::uuid[], $2::bigint[]) as x (destination_id, last_line_no)
     where h.destination_id = x.destination_id and h.destination_id = any($1::uuid[])`,
    [[...lastLineNo.keys()], [...lastLineNo.values()]],
  )
}

/** In one order, so that two transactions cannot wait for each other in a circle. */
async function lockHolds(tx: Sql, destinationIds: readonly Uuid<'dst'>[]): Promise<Hold[]> {
  return tx(
    `select ${holdColumns} from destination_health h join destination d on d.id = h.destination_id
     where h.destination_id = any($1::uuid[]) order by h.destination_id for update of h`,
    [destinationIds],
  )
}

/** Destinations that may release held deliveries now, the longest waiting first. */
export async function findReleasable(sql: Sql, limit: number): Promise<Uuid<'dst'>[]> {
  const rows = await sql<{ id: Uuid<'dst'> }>(
    'select destination_id as id from destination_health where release_at <= now() order by release_at limit $1',
    [limit],
  )
  return rows.map((row) => row.id)
}

/** When deliveries can next stop waiting. Times are milliseconds from now, infinite when there is nothing. */
export interface NextRelease {
  /** Until the next scheduled delivery is due. */
  readonly dueInMs: number
  /** Whether a destination may release held deliveries now. */
  readonly hasReleasable: boolean
  /** Until the next destination may release held deliveries that may not yet. */
  readonly releaseInMs: number
}

export async function findNextRelease(sql: Sql): Promise<NextRelease> {
  const [row] = await sql<NextRelease>(
    `select coalesce(extract(epoch from (
         select due_at from waiting_delivery where state = 'SCHEDULED' order by due_at limit 1) - now())::float8 * 1000, 'Infinity')
         as "dueInMs",
       exists (select from destination_health where release_at <= now()) as "hasReleasable",
       coalesce(extract(epoch from (
         select release_at from destination_health where release_at > now() order by release_at limit 1
         ) - now())::float8 * 1000, 'Infinity') as "releaseInMs"`,
  )
  return row!
}

/** Locks the destination's row if it may release now and nobody else has locked it. */
export async function lockReleasable(tx: Sql, destinationId: Uuid<'dst'>): Promise<Hold | undefined> {
  const [hold] = await tx<Hold>(
    `select ${holdColumns} from destination_health h join destination d on d.id = h.destination_id
     where h.destination_id = $1 and h.release_at <= now() for update of h skip locked`,
    [destinationId],
  )
  return hold
}

export interface HoldChange {
  /** Until the destination may release again; null when no delivery is held any more. */
  readonly releaseInMs: number | null
  readonly fullInMs?: number
  /** The delivery that goes out as a probe. */
  readonly probeDeliveryId?: Uuid<'dlv'>
}

/** A probe whose worker was lost is followed by another one after this time. */
export const PROBE_LOST_MS = 120_000

export async function moveHold(tx: Sql, destinationId: Uuid<'dst'>, change: HoldChange): Promise<void> {
  await tx(
    `update destination_health set
       release_at = now() + $2::float8 * interval '1 ms',
       next_send_at = coalesce(now() + $3::float8 * interval '1 ms', next_send_at),
       probe_at = case when $4::uuid is null then probe_at else now() + interval '${PROBE_LOST_MS} ms' end,
       probe_delivery_id = coalesce($4::uuid, probe_delivery_id)
     where destination_id = $1`,
    [destinationId, change.releaseInMs, change.fullInMs ?? null, change.probeDeliveryId ?? null],
  )
}

/** Lets a destination release its held deliveries now, if it has any and its circuit is closed. */
export async function releaseNow(tx: Sql, destinationId: Uuid<'dst'>): Promise<void> {
  await tx(
    `update destination_health set release_at = now()
     where destination_id = $1 and release_at is not null and probe_at is null`,
    [destinationId],
  )
}

/** Makes a delivery the probe of an open circuit, because a person wants it sent. */
export async function makeProbe(tx: Sql, destinationId: Uuid<'dst'>, deliveryId: Uuid<'dlv'>): Promise<void> {
  await tx('update destination_health set probe_delivery_id = $2 where destination_id = $1 and probe_at is not null', [
    destinationId,
    deliveryId,
  ])
}

/** Forgets that the destination could not be reached: its held deliveries may be released. */
export async function closeCircuit(sql: Sql, destinationId: Uuid<'dst'>): Promise<void> {
  await sql(
    `update destination_health set circuit_failures = 0, probe_at = null, probe_delay_s = null, probe_delivery_id = null,
       release_at = case when release_at is not null then now() end
     where destination_id = $1`,
    [destinationId],
  )
}
