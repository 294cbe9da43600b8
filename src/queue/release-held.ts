import { takeTokens } from '../domain/token-bucket.ts'
import type { Sql } from '../store/sql.ts'
import { type Gate, type GateChange, lockOpeningGate, moveGate, PROBE_LOST_MS } from './hold.ts'
import { insertJobs } from './jobs.ts'
import { findHeadOfLine, markReleased, takeExpired, takeGated } from './waiting.ts'

/** Most of what is only to be cancelled or given up that goes at a time. */
const SLICE = 500
/** What follows an attempt under way in a FIFO line is let out by its settlement; this is for what a crash could leave. */
const LOOK_AGAIN_MS = 60_000

/**
 * Moves into the queue what the circuit, the rate limit and the order of a destination, and this process's room for it,
 * let through now. `opensInMs` is infinite when nothing waits any more, or another process has hold of the gate.
 */
export async function letThrough(
  tx: Sql,
  { destinationId, room }: { destinationId: string; room: number },
): Promise<{ released: number; opensInMs: number }> {
  const gate = await lockOpeningGate(tx, destinationId)
  if (!gate) return { released: 0, opensInMs: Number.POSITIVE_INFINITY }
  const { ids, change } = await choose(tx, gate, room)
  await insertJobs(tx, ids)
  await moveGate(tx, destinationId, change)
  return { released: ids.length, opensInMs: change.opensInMs ?? Number.POSITIVE_INFINITY }
}

interface Choice {
  readonly ids: readonly string[]
  readonly change: GateChange
}

async function choose(tx: Sql, gate: Gate, room: number): Promise<Choice> {
  const { destinationId, probeInMs, patienceMs } = gate
  // They are cancelled where they go.
  if (gate.isOff) return takeUpTo(tx, gate, SLICE)
  if (gate.ordering === 'FIFO') return chooseHead(tx, gate)
  if (probeInMs === null) return gate.rateLimit === null ? takeUpTo(tx, gate, room) : takeByRate(tx, gate, room)
  // They are given up where they go.
  const expired = await takeExpired(tx, destinationId, { lateMs: patienceMs, limit: SLICE })
  if (expired.length > 0) return { ids: expired, change: { opensInMs: 0 } }
  if (probeInMs > 0) return { ids: [], change: { opensInMs: probeInMs } }
  const [probe] = await takeGated(tx, destinationId, 1)
  return probe ? probing(probe) : { ids: [], change: { opensInMs: null } }
}

function probing(id: string): Choice {
  return { ids: [id], change: { opensInMs: PROBE_LOST_MS, probeDeliveryId: id } }
}

async function takeUpTo(tx: Sql, { destinationId }: Gate, limit: number): Promise<Choice> {
  const ids = await takeGated(tx, destinationId, limit)
  return { ids, change: { opensInMs: ids.length < limit ? null : 0 } }
}

async function takeByRate(tx: Sql, { destinationId, rateLimit, fullInMs }: Gate, room: number): Promise<Choice> {
  const bucket = { rate: rateLimit!, fullInMs }
  const offered = takeTokens(bucket, room)
  const ids = offered.taken > 0 ? await takeGated(tx, destinationId, offered.taken) : []
  if (ids.length < offered.taken && ids.length === 0) return { ids, change: { opensInMs: null } }
  const used = takeTokens(bucket, ids.length)
  return { ids, change: { opensInMs: used.opensInMs, fullInMs: used.fullInMs } }
}

/** Of a FIFO destination only the first of its line goes, and when it is finished the next. */
async function chooseHead(tx: Sql, gate: Gate): Promise<Choice> {
  const { destinationId, probeInMs, rateLimit, fullInMs, patienceMs } = gate
  const head = await findHeadOfLine(tx, destinationId)
  // What came before it was FIFO, if anything.
  if (!head) return takeUpTo(tx, gate, 1)
  if (head.state === 'RELEASED') return { ids: [], change: { opensInMs: LOOK_AGAIN_MS } }
  if (head.dueInMs > 0) return { ids: [], change: { opensInMs: head.dueInMs } }
  const isExpired = probeInMs !== null && -head.dueInMs > patienceMs
  if (probeInMs !== null && probeInMs > 0 && !isExpired) return { ids: [], change: { opensInMs: probeInMs } }
  const tokens = takeTokens({ rate: rateLimit ?? 1e6, fullInMs }, 1)
  if (tokens.taken === 0) return { ids: [], change: { opensInMs: tokens.opensInMs } }
  if (!(await markReleased(tx, head.deliveryId))) return { ids: [], change: { opensInMs: 0 } }
  if (probeInMs !== null && !isExpired) return probing(head.deliveryId)
  const next = { opensInMs: LOOK_AGAIN_MS, ...(rateLimit !== null && { fullInMs: tokens.fullInMs }) }
  return { ids: [head.deliveryId], change: next }
}
