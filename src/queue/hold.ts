import type { Sql } from '../store/sql.ts'
import { insertWaiting } from './waiting.ts'

// The gate of a destination: closed while something of it has to wait for the destination itself (its circuit, its rate
// limit, its order, its share of a worker). Whoever puts something behind a gate, or opens it, holds its row in
// destination_health, so that nothing is left behind one that is open. Ids are bare UUIDs.

/** True of destinations whose new deliveries go behind the gate: d is its destination, h its destination_health. */
export const HELD = `(d.ordering = 'FIFO' or d.rate_limit is not null or h.gate_opens_at is not null
  or h.probe_at is not null)`

export interface Gate {
  readonly destinationId: string
  /** Switched off or DISABLED: what waits is to be cancelled, and needs no tokens for it. */
  readonly isOff: boolean
  readonly ordering: 'ANY' | 'FIFO'
  readonly rateLimit: number | null
  /** Until the next probe, milliseconds; null while the circuit is closed. */
  readonly probeInMs: number | null
  readonly lastPosition: number
  /** Milliseconds until the token bucket is full; negative when it is. */
  readonly fullInMs: number
  /** How long a delivery may wait behind an open circuit: as long as its whole schedule, and five minutes at least. */
  readonly patienceMs: number
}

const gateColumns = `h.destination_id as "destinationId", d.inactive_since is not null or h.health = 'DISABLED' as "isOff",
  d.ordering, d.rate_limit as "rateLimit", extract(epoch from h.probe_at - now())::float8 * 1000 as "probeInMs",
  h.last_position::int as "lastPosition",
  coalesce(extract(epoch from h.next_send_at - now())::float8 * 1000, 0) as "fullInMs",
  (select 1000 * greatest(300, coalesce(sum(delay::float8), 0)) from application a,
    json_array_elements_text(a.delivery_profile -> 'retryDelays') as delay where a.id = d.application_id) as "patienceMs"`

/** Of these destinations, those whose deliveries go behind their gate. */
export async function findHeld(sql: Sql, destinationIds: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }>(
    `select d.id from destination d join destination_health h on h.destination_id = d.id
     where d.id = any($1::uuid[]) and ${HELD}`,
    [destinationIds],
  )
  return new Set(rows.map((row) => row.id))
}

export interface HeldBack {
  readonly deliveryId: string
  readonly destinationId: string
  /** A place that it had in the line already; otherwise LIVE_POSITION or RECOVERED_POSITION. */
  readonly position: number
  /** For how long it has been due. Default 0. */
  readonly lateMs?: number
}

/** Puts deliveries behind the gates of their destinations, in the order given. */
export async function holdBack(tx: Sql, rows: readonly HeldBack[]): Promise<void> {
  if (rows.length === 0) return
  const gates = new Map(
    (await lockGates(tx, [...new Set(rows.map((row) => row.destinationId))])).map((gate) => [gate.destinationId, gate]),
  )
  const last = new Map([...gates.values()].map((gate) => [gate.destinationId, gate.lastPosition]))
  const placed = rows.map(({ deliveryId, destinationId, position, lateMs = 0 }) => {
    const gate = gates.get(destinationId)
    // The destination was deleted: it goes to the queue, and is cancelled there.
    if (!gate) return { deliveryId, destinationId, state: 'TIMED' as const, dueInMs: 0, position: 0 }
    const isNew = gate.ordering === 'FIFO' && position <= 1
    if (isNew) last.set(destinationId, last.get(destinationId)! + 1)
    const place = isNew ? last.get(destinationId)! : position
    return { deliveryId, destinationId, state: 'GATED' as const, dueInMs: -lateMs, position: place }
  })
  await insertWaiting(tx, placed)
  await tx(
    `update destination_health h set last_position = x.last_position,
       gate_opens_at = coalesce(h.gate_opens_at, greatest(now(), h.probe_at))
     from unnest($1::uuid[], $2::bigint[]) as x (destination_id, last_position)
     where h.destination_id = x.destination_id and h.destination_id = any($1::uuid[])`,
    [[...last.keys()], [...last.values()]],
  )
}

/** In one order, so that two transactions cannot wait for each other in a circle. */
async function lockGates(tx: Sql, destinationIds: readonly string[]): Promise<Gate[]> {
  return tx(
    `select ${gateColumns} from destination_health h join destination d on d.id = h.destination_id
     where h.destination_id = any($1::uuid[]) order by h.destination_id for update of h`,
    [destinationIds],
  )
}

/** Destinations whose gate may let something through now, the longest waiting first. */
export async function findOpeningGates(sql: Sql, limit: number): Promise<string[]> {
  const rows = await sql<{ id: string }>(
    'select destination_id as id from destination_health where gate_opens_at <= now() order by gate_opens_at limit $1',
    [limit],
  )
  return rows.map((row) => row.id)
}

/** What there is to release. Times are milliseconds from now, infinite when there is nothing. */
export interface Outlook {
  /** Until the next of what waits for its time is due. */
  readonly dueInMs: number
  readonly hasOpeningGates: boolean
  /** Until the next gate may open that may not yet. */
  readonly gateInMs: number
}

export async function findOutlook(sql: Sql): Promise<Outlook> {
  const [row] = await sql<Outlook>(
    `select coalesce(extract(epoch from (
         select due_at from waiting_delivery where state = 'TIMED' order by due_at limit 1) - now())::float8 * 1000, 'Infinity')
         as "dueInMs",
       exists (select from destination_health where gate_opens_at <= now()) as "hasOpeningGates",
       coalesce(extract(epoch from (
         select gate_opens_at from destination_health where gate_opens_at > now() order by gate_opens_at limit 1
         ) - now())::float8 * 1000, 'Infinity') as "gateInMs"`,
  )
  return row!
}

/** Holds the gate if it may open now and nobody else holds it. */
export async function lockOpeningGate(tx: Sql, destinationId: string): Promise<Gate | undefined> {
  const [gate] = await tx<Gate>(
    `select ${gateColumns} from destination_health h join destination d on d.id = h.destination_id
     where h.destination_id = $1 and h.gate_opens_at <= now() for update of h skip locked`,
    [destinationId],
  )
  return gate
}

export interface GateChange {
  /** Until the gate may let something through again; null when nothing is held back any more. */
  readonly opensInMs: number | null
  readonly fullInMs?: number
  /** The delivery that goes out as a probe. */
  readonly probeDeliveryId?: string
}

/** A probe whose worker was lost is followed by another one after this time. */
export const PROBE_LOST_MS = 120_000

export async function moveGate(tx: Sql, destinationId: string, change: GateChange): Promise<void> {
  await tx(
    `update destination_health set
       gate_opens_at = now() + $2::float8 * interval '1 ms',
       next_send_at = coalesce(now() + $3::float8 * interval '1 ms', next_send_at),
       probe_at = case when $4::uuid is null then probe_at else now() + interval '${PROBE_LOST_MS} ms' end,
       probe_delivery_id = coalesce($4::uuid, probe_delivery_id)
     where destination_id = $1`,
    [destinationId, change.opensInMs, change.fullInMs ?? null, change.probeDeliveryId ?? null],
  )
}

/** Has a gate looked at now, if anything waits behind it. */
export async function openGate(tx: Sql, destinationId: string): Promise<void> {
  await tx(
    `update destination_health set gate_opens_at = now()
     where destination_id = $1 and gate_opens_at is not null and probe_at is null`,
    [destinationId],
  )
}

/** Lets one delivery through an open circuit, because a person wants it. */
export async function letProbe(tx: Sql, destinationId: string, deliveryId: string): Promise<void> {
  await tx('update destination_health set probe_delivery_id = $2 where destination_id = $1 and probe_at is not null', [
    destinationId,
    deliveryId,
  ])
}

/** Forgets that the destination could not be reached: what waits is let through. */
export async function closeCircuit(sql: Sql, destinationId: string): Promise<void> {
  await sql(
    `update destination_health set circuit_failures = 0, probe_at = null, probe_delay_s = null, probe_delivery_id = null,
       gate_opens_at = case when gate_opens_at is not null then now() end
     where destination_id = $1`,
    [destinationId],
  )
}
