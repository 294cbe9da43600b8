import type { Lease } from '../queue/jobs.ts'
import { releaseLeases } from '../queue/jobs.ts'
import { retryWhileUnavailable } from '../store/retry-while-unavailable.ts'
import type { Store } from '../store/store.ts'
import type { AttemptResult, PendingDelivery } from './attempt-result.ts'
import { isBehindCircuit, isOutOfPatience } from './circuit.ts'
import type { DestinationFlow, Pace } from './concurrency.ts'
import { type DeliverParts, deliver } from './deliver.ts'
import { holdLeases } from './hold-back.ts'
import type { Settle } from './settle.ts'

export interface InHandOptions {
  readonly store: Store
  readonly flow: DestinationFlow
  readonly settle: Settle
  /** What an attempt is made with; its `cut` ends what is under way. */
  readonly parts: DeliverParts
  readonly concurrency: number
  /** Fires when no more is to be begun. */
  readonly stopping: AbortSignal
  /** Told when an attempt has ended, so that more of its destination may come. */
  readonly onEnd: (destinationId: string) => void
  /** Told when something is no longer in hand. */
  readonly onLess: () => void
  readonly onError: (error: unknown) => void
}

/** The deliveries that this process holds leases on, from their claim to their settlement. */
export interface AttemptsInHand {
  readonly size: number
  leases(): Lease[]
  /** How many more may be claimed. */
  room(): number
  take(leases: readonly Lease[]): void
  /** Attempts them as their destinations' pace allows; what does not fit goes behind their gates. */
  begin(found: readonly PendingDelivery[]): void
  /** Hands leases back unused, once Postgres is there: one that only runs out counts as one that was lost. */
  giveBack(leases: readonly Lease[]): Promise<void>
  drop(leases: readonly Lease[]): void
  /** What would wait in memory too long goes behind its gate. True when attempts last that long. */
  spill(): boolean
  /** Resolves once no lease is held. */
  emptied(): Promise<void>
}

/** An attempt that lasts longer takes up no place any more: it costs a socket, and nothing else. */
const SLOW_MS = 1_000
/** With slow ones, so many times as much is held at most. */
const MOST_TIMES = 4

export function createAttemptsInHand(options: InHandOptions): AttemptsInHand {
  const { store, flow, settle, parts, concurrency, stopping, onError } = options
  const held = new Map<string, Lease>()
  /** Attempts in flight by their start, the oldest first. */
  const started = new Map<PendingDelivery, number>()
  let onEmpty: (() => void) | undefined

  function drop(leases: readonly Lease[]): void {
    // After a lost lease the same process may hold a newer one of the same delivery.
    for (const lease of leases) if (held.get(lease.id) === lease) held.delete(lease.id)
    options.onLess()
    if (held.size === 0) onEmpty?.()
  }

  async function giveBack(leases: readonly Lease[]): Promise<void> {
    if (leases.length === 0) return
    await retryWhileUnavailable(() => releaseLeases(store.sql, leases), { signal: parts.cut, onError }).catch(onError)
    drop(leases)
  }

  async function hold(pendings: readonly PendingDelivery[]): Promise<void> {
    if (pendings.length === 0) return
    await holdLeases(store, pendings).catch(onError)
    drop(pendings.map(({ lease }) => lease))
  }

  /** Undefined when the attempt was cut off. */
  async function attempt(pending: PendingDelivery): Promise<AttemptResult | undefined> {
    started.set(pending, performance.now())
    let result: AttemptResult | undefined
    try {
      result = await deliver(parts, pending)
      return result
    } finally {
      started.delete(pending)
      const { start, refused } = flow.end(pending, paceOf(result))
      if (stopping.aborted) void giveBack([...start, ...refused].map(({ lease }) => lease))
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
      // The lease runs out, and the delivery is taken up again.
      onError(error)
    }
    drop([pending.lease])
  }

  return {
    get size() {
      return held.size
    },
    leases: () => [...held.values()],
    room: () => Math.min(concurrency - (held.size - countSlow(started)), MOST_TIMES * concurrency - held.size),
    take(leases) {
      for (const lease of leases) held.set(lease.id, lease)
    },
    begin(found) {
      const refused = found.filter((pending) => {
        if (isHeldBack(pending)) return true
        const admitted = flow.admit(pending)
        if (admitted === 'start') void handle(pending)
        return admitted === 'refuse'
      })
      void hold(refused)
    },
    giveBack,
    drop,
    spill() {
      if (countSlow(started) === 0) return false
      void hold(flow.spill())
      return true
    },
    emptied: () =>
      new Promise((resolve) => {
        onEmpty = resolve
        if (held.size === 0) resolve()
      }),
  }
}

/** Whether an open circuit is in its way. What is settled without a socket goes on. */
function isHeldBack({ delivery, destination }: PendingDelivery): boolean {
  if (!destination || delivery.status !== 'PENDING' || destination.isDisabled || !destination.isActive) return false
  return isBehindCircuit(delivery, destination) && !isOutOfPatience(delivery, destination)
}

function countSlow(started: ReadonlyMap<PendingDelivery, number>): number {
  const before = performance.now() - SLOW_MS
  let count = 0
  for (const startedAt of started.values()) {
    if (startedAt > before) break
    count += 1
  }
  return count
}

function paceOf(result: AttemptResult | undefined): Pace | undefined {
  const attempt = result?.attempt
  if (!attempt?.wasSent) return undefined
  const { durationMs, isReached, outcome } = attempt
  return {
    durationMs,
    reached: isReached ? 'answered' : outcome.failureKind === 'TIMEOUT' ? 'timed out' : 'unreachable',
  }
}
