import type { Uuid } from '../domain/id.ts'
import { takeTokens } from '../domain/token-bucket.ts'
import type { Sql } from '../store/sql.ts'
import type { Transaction } from '../store/transaction.ts'
import { type Hold, type HoldChange, lockReleasable, moveHold, PROBE_LOST_MS } from './hold.ts'
import { insertJobs } from './jobs.ts'
import { findHeadOfLine, markReleased, takeHeld, takeHeldTooLong } from './waiting.ts'

/** Batch size when releasing deliveries that will only be cancelled or failed. */
const SLICE = 500
/** Settling the head of a FIFO line releases the next; this is for what a crash could leave. */
const LOOK_AGAIN_MS = 60_000

/**
 * Releases into the queue what the circuit, the rate limit and the order of a destination, and this process's room for it,
 * allow now. `releaseInMs` is infinite when none is held any more, or another process has locked the destination.
 */
export async function releaseHeld(
  tx: Transaction,
  { destinationId, room }: { destinationId: Uuid<'dst'>; room: number },
): Promise<{ released: number; releaseInMs: number }> {
  const hold = await lockReleasable(tx, destinationId)
  if (!hold) return { released: 0, releaseInMs: Number.POSITIVE_INFINITY }
  const { ids, change } = await choose(tx, hold, room)
  await insertJobs(tx, ids)
  await moveHold(tx, destinationId, change)
  if (ids.length > 0) tx.wake('due')
  return { released: ids.length, releaseInMs: change.releaseInMs ?? Number.POSITIVE_INFINITY }
}

interface Choice {
  readonly ids: readonly Uuid<'dlv'>[]
  readonly change: HoldChange
}

async function choose(tx: Sql, hold: Hold, room: number): Promise<Choice> {
  const { destinationId, probeInMs, maxHeldMs } = hold
  // Release everything: the worker cancels deliveries of a destination that is switched off.
  if (hold.isOff) return takeUpTo(tx, hold, SLICE)
  if (hold.ordering === 'FIFO') return chooseHead(tx, hold)
  if (probeInMs === null) return hold.rateLimit === null ? takeUpTo(tx, hold, room) : takeByRate(tx, hold, room)
  // Release what waited too long: the worker fails it.
  const late = await takeHeldTooLong(tx, destinationId, { lateMs: maxHeldMs, limit: SLICE })
  if (late.length > 0) return { ids: late, change: { releaseInMs: 0 } }
  if (probeInMs > 0) return { ids: [], change: { releaseInMs: probeInMs } }
  const [probe] = await takeHeld(tx, destinationId, 1)
  return probe ? probing(probe) : { ids: [], change: { releaseInMs: null } }
}

function probing(id: Uuid<'dlv'>): Choice {
  return { ids: [id], change: { releaseInMs: PROBE_LOST_MS, probeDeliveryId: id } }
}

async function takeUpTo(tx: Sql, { destinationId }: Hold, limit: number): Promise<Choice> {
  const ids = await takeHeld(tx, destinationId, limit)
  return { ids, change: { releaseInMs: ids.length < limit ? null : 0 } }
}

async function takeByRate(tx: Sql, { destinationId, rateLimit, fullInMs }: Hold, room: number): Promise<Choice> {
  const bucket = { rate: rateLimit!, fullInMs }
  const offered = takeTokens(bucket, room)
  const ids = offered.taken > 0 ? await takeHeld(tx, destinationId, offered.taken) : []
  if (ids.length < offered.taken && ids.length === 0) return { ids, change: { releaseInMs: null } }
  const used = takeTokens(bucket, ids.length)
  return { ids, change: { releaseInMs: used.opensInMs, fullInMs: used.fullInMs } }
}

/** A FIFO destination releases the head of its line only, and the next one when that is finished. */
async function chooseHead(tx: Sql, hold: Hold): Promise<Choice> {
  const { destinationId, probeInMs, rateLimit, fullInMs, maxHeldMs } = hold
  const head = await findHeadOfLine(tx, destinationId)
  // No FIFO line: only deliveries from before the destination became FIFO can be held here.
  if (!head) return takeUpTo(tx, hold, 1)
  if (head.state === 'RELEASED') return { ids: [], change: { releaseInMs: LOOK_AGAIN_MS } }
  if (head.dueInMs > 0) return { ids: [], change: { releaseInMs: head.dueInMs } }
  const isTooLong = probeInMs !== null && -head.dueInMs > maxHeldMs
  if (probeInMs !== null && probeInMs > 0 && !isTooLong) return { ids: [], change: { releaseInMs: probeInMs } }
  const tokens = takeTokens({ rate: rateLimit ?? 1e6, fullInMs }, 1)
  if (tokens.taken === 0) return { ids: [], change: { releaseInMs: tokens.opensInMs } }
  if (!(await markReleased(tx, head.deliveryId))) return { ids: [], change: { releaseInMs: 0 } }
  if (probeInMs !== null && !isTooLong) return probing(head.deliveryId)
  const next = { releaseInMs: LOOK_AGAIN_MS, ...(rateLimit !== null && { fullInMs: tokens.fullInMs }) }
  return { ids: [head.deliveryId], change: next }
}
