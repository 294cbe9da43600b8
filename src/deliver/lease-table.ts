import type { Uuid } from '../domain/id.ts'
import { holdDeliveries } from '../queue/hold.ts'
import { finishLeases, type Lease, releaseLeases } from '../queue/jobs.ts'
import { laneOf } from '../queue/waiting.ts'
import { retryWhileUnavailable } from '../store/retry-while-unavailable.ts'
import type { Store } from '../store/store.ts'
import type { AttemptResult, PendingDelivery } from './attempt-result.ts'
import { type DeliverParts, deliver } from './deliver.ts'
import { isBehindCircuit, isHeldTooLong } from './destination-cache.ts'
import type { Limiter, Pace } from './limiter.ts'
import type { Settle } from './settle.ts'

export interface LeaseTableOptions {
  readonly store: Store
  readonly limiter: Limiter
  readonly settle: Settle
  /** What an attempt is made with; its `cut` ends attempts in flight. */
  readonly parts: DeliverParts
  /** Maximum leases; see WorkerOptions. */
  readonly concurrency: number
  /** Aborted when no further attempt may begin. */
  readonly stopping: AbortSignal
  /** Called when an attempt has ended, so that more deliveries of its destination may be released. */
  readonly onEnd: (destinationId: Uuid<'dst'>) => void
  /** Called when leases are gone, so that more may be claimed. */
  readonly onRoom: () => void
  readonly onError: (error: unknown) => void
}

/** The leases of this process, from their claim to their settlement, and the attempts on them. */
export interface LeaseTable {
  readonly size: number
  leases(): Lease[]
  /** How many more may be claimed. */
  room(): number
  add(leases: readonly Lease[]): void
  /** Attempts the deliveries as their destinations' limits allow, and holds those that do not fit. */
  begin(found: readonly PendingDelivery[]): void
  /**
   * Releases leases without an attempt, retrying while Postgres is down. Letting them expire would count against
   * MAX_LOST_LEASES.
   */
  release(leases: readonly Lease[]): Promise<void>
  /** Forgets leases that are no longer ours. */
  remove(leases: readonly Lease[]): void
  /** Holds the deliveries that would be queued in memory for too long. True while there are slow attempts. */
  holdLate(): boolean
  /** Resolves once this process has no lease. */
  emptied(): Promise<void>
}

/** Attempts older than this no longer count against `concurrency`: they cost a socket, and nothing else. */
const SLOW_MS = 1_000
/** Hard cap on leases, as a multiple of `concurrency`, when slow attempts are not counted. */
const MAX_FACTOR = 4

export function createLeaseTable(options: LeaseTableOptions): LeaseTable {
  const { store, limiter, settle, parts, concurrency, stopping, onError } = options
  const leases = new Map<string, Lease>()
  /** Attempts in flight with their start, the oldest first. */
  const inFlight = new Map<PendingDelivery, number>()
  let onEmpty: (() => void) | undefined

  function remove(gone: readonly Lease[]): void {
    // After a lost lease the same process may have a newer one of the same delivery.
    for (const lease of gone) if (leases.get(lease.id) === lease) leases.delete(lease.id)
    options.onRoom()
    if (leases.size === 0) onEmpty?.()
  }

  async function release(unused: readonly Lease[]): Promise<void> {
    if (unused.length === 0) return
    await retryWhileUnavailable(() => releaseLeases(store.sql, unused), { signal: parts.cut, onError }).catch(onError)
    remove(unused)
  }

  async function hold(pendings: readonly PendingDelivery[]): Promise<void> {
    if (pendings.length === 0) return
    await holdLeased(store, pendings).catch(onError)
    remove(pendings.map(({ lease }) => lease))
  }

  /** Undefined when the attempt was cut off. */
  async function attempt(pending: PendingDelivery): Promise<AttemptResult | undefined> {
    inFlight.set(pending, performance.now())
    let result: AttemptResult | undefined
    try {
      result = await deliver(parts, pending)
      return result
    } finally {
      inFlight.delete(pending)
      const { start, refused } = limiter.end(pending, paceOf(result))
      if (stopping.aborted) void release([...start, ...refused].map(({ lease }) => lease))
      else {
        for (const one of start) void handle(one)
        void hold(refused)
      }
      options.onEnd(pending.delivery.destinationId)
    }
  }

  async function handle(pending: PendingDelivery): Promise<void> {
    try {
      const result = await attempt(pending)
      if (result) await settle(result)
      else await releaseLeases(store.sql, [pending.lease])
    } catch (error) {
      // The lease expires, and another claim takes the delivery up again.
      onError(error)
    }
    remove([pending.lease])
  }

  return {
    get size() {
      return leases.size
    },
    leases: () => [...leases.values()],
    room: () => Math.min(concurrency - (leases.size - countSlow(inFlight)), MAX_FACTOR * concurrency - leases.size),
    add(claimed) {
      for (const lease of claimed) leases.set(lease.id, lease)
    },
    begin(found) {
      const refused = found.filter((pending) => {
        if (mustBeHeld(pending)) return true
        const admitted = limiter.admit(pending)
        if (admitted === 'start') void handle(pending)
        return admitted === 'refuse'
      })
      void hold(refused)
    },
    release,
    remove,
    holdLate() {
      if (countSlow(inFlight) === 0) return false
      void hold(limiter.takeLate())
      return true
    },
    emptied: () =>
      new Promise((resolve) => {
        onEmpty = resolve
        if (leases.size === 0) resolve()
      }),
  }
}

/** Holds deliveries that we have leases on, for their destinations. One whose lease was lost is left alone. */
async function holdLeased(store: Store, pendings: readonly PendingDelivery[]): Promise<void> {
  await store.transaction(async (tx) => {
    const finished = await finishLeases(
      tx,
      pendings.map(({ lease }) => lease),
    )
    const rows = pendings.flatMap(({ delivery }) => {
      const lineNo = finished.get(delivery.id)
      if (lineNo === undefined) return []
      const { id: deliveryId, destinationId, lateMs } = delivery
      const position = lineNo === null ? { lane: laneOf(delivery.trigger) } : { lane: 'FIFO' as const, lineNo }
      return [{ deliveryId, destinationId, lateMs, ...position }]
    })
    await holdDeliveries(tx, rows)
  })
}

/** Whether an open circuit is in the way. Deliveries that are settled without a request pass. */
function mustBeHeld({ delivery, destination }: PendingDelivery): boolean {
  if (!destination || delivery.status !== 'PENDING' || destination.isDisabled || !destination.isActive) return false
  return isBehindCircuit(delivery, destination) && !isHeldTooLong(delivery, destination)
}

function countSlow(inFlight: ReadonlyMap<PendingDelivery, number>): number {
  const before = performance.now() - SLOW_MS
  let count = 0
  for (const startedAt of inFlight.values()) {
    if (startedAt > before) break
    count += 1
  }
  return count
}

/** Undefined when nothing was sent. */
function paceOf(result: AttemptResult | undefined): Pace | undefined {
  if (result?.kind !== 'attempted') return undefined
  const { sent, durationMs, outcome } = result.attempt
  if (!sent) return undefined
  return {
    durationMs,
    reached: sent.wasAnswered ? 'answered' : outcome.failureKind === 'TIMEOUT' ? 'timed out' : 'unreachable',
  }
}
