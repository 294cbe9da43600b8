import { setTimeout as pause } from 'node:timers/promises'
import type { Bell } from '../store/bell.ts'
import { LEASE_S, type Lease } from '../store/job.ts'
import type { Store } from '../store/store.ts'
import { createAlarm } from './alarm.ts'
import type { AttemptResult, PendingDelivery } from './attempt-result.ts'
import { isBehindCircuit, isOutOfPatience } from './circuit.ts'
import { type DeliverParts, deliver } from './deliver.ts'
import { createDestinationFlow, type Pace } from './destination-flow.ts'
import { holdLeases } from './hold-leases.ts'
import { createLoadPending } from './load-pending.ts'
import { startRelease } from './release-waiting.ts'
import { createSettle } from './settle.ts'
import { whenAvailable } from './when-available.ts'

export interface WorkerOptions extends Omit<DeliverParts, 'cut'> {
  readonly store: Store
  readonly bell: Bell
  /** Most deliveries held at a time, but for those whose receiver keeps them waiting: of them, three times as many. */
  readonly concurrency: number
  /** Most attempts of one destination in flight. */
  readonly destinationConcurrency: number
  /** How long to wait before looking again when nothing was due; the bell ends the wait. */
  readonly pollMs: number
  readonly onError: (error: unknown) => void
}

export interface Worker extends AsyncDisposable {
  /** False while the last claim failed. */
  readonly isClaiming: boolean
  /** From now on claims no more. */
  stopClaiming(): void
  /** Stops claiming, lets what is in flight finish for up to `GRACE_MS`, hands the rest back uncounted. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Postgres parses each LIMIT anew: few sizes. */
const BATCH_SIZES = [128, 64, 32, 8, 1] as const
/** With more to come, it waits a moment for so much room: a claim costs the same whether it brings one or a hundred. */
const WORTH_A_CLAIM = 128
const WORTH_WAITING_MS = 20
const GRACE_MS = 8_000
const BACK_OFF_MS = 1_000
/** An attempt that lasts longer takes up no place any more: it costs a socket, and nothing else. */
const SLOW_MS = 1_000
const LOOK_FOR_SLOW_MS = 250

/** Keeps deliveries in flight: claims what is due as room appears, attempts each on its own, settles as each ends. */
export function startWorker(options: WorkerOptions): Worker {
  const { store, bell, concurrency, onError } = options
  const stopping = new AbortController()
  const cut = new AbortController()
  const held = new Map<string, Lease>()
  /** Attempts in flight by their start, the oldest first. */
  const started = new Map<PendingDelivery, number>()
  const alarm = createAlarm()
  const flow = createDestinationFlow({ maxInFlight: options.destinationConcurrency, maxHeld: concurrency >> 1 })
  const release = startRelease({ store, bell, flow, onError })
  const settle = createSettle({ store, bell, cut: cut.signal, onWaiting: release.wake, onError })
  const loadPending = createLoadPending(store, onError)
  const parts: DeliverParts = { ...options, cut: cut.signal }
  let isClaiming = true
  /** True when the last claim was bounded by room, not by what was due: then a delivery that ends makes room. */
  let mayBeMore = false

  async function run(pending: PendingDelivery): Promise<void> {
    started.set(pending, performance.now())
    let result: AttemptResult | undefined
    try {
      result = await deliver(parts, pending)
    } catch (error) {
      onError(error)
      return
    } finally {
      started.delete(pending)
      const { start, refused } = flow.end(pending, paceOf(result))
      if (stopping.signal.aborted) void handBack([...start, ...refused])
      else for (const one of start) void handle(one)
      if (!stopping.signal.aborted) void hold(refused)
      release.onRoom(pending.delivery.destinationId)
    }
    if (result) await settle(result)
    else await store.jobs.release([pending.lease])
  }

  async function handle(pending: PendingDelivery): Promise<void> {
    // An error leaves the lease to run out, and the delivery is taken up again.
    await run(pending).catch(onError)
    forget([pending])
  }

  function forget(pendings: readonly PendingDelivery[]): void {
    // After a lost lease the same process may hold a newer one of the same delivery.
    for (const { lease } of pendings) if (held.get(lease.id) === lease) held.delete(lease.id)
    if (mayBeMore || stopping.signal.aborted) alarm.wake()
  }

  /** Once Postgres is back: a lease that only runs out counts as one that was lost. */
  async function giveBack(leases: readonly Lease[]): Promise<void> {
    const patience = { signal: cut.signal, maxTries: Number.POSITIVE_INFINITY, onError }
    await whenAvailable(() => store.jobs.release(leases), patience).catch(onError)
    for (const lease of leases) if (held.get(lease.id) === lease) held.delete(lease.id)
    alarm.wake()
  }

  async function handBack(pendings: readonly PendingDelivery[]): Promise<void> {
    if (pendings.length === 0) return
    await store.jobs.release(pendings.map(({ lease }) => lease)).catch(onError)
    forget(pendings)
  }

  /** Puts behind their gates what cannot run here now. */
  async function hold(pendings: readonly PendingDelivery[]): Promise<void> {
    if (pendings.length === 0) return
    await holdLeases(store, pendings).catch(onError)
    forget(pendings)
  }

  function begin(found: readonly PendingDelivery[]): void {
    const refused = found.filter((pending) => {
      if (isHeldBack(pending)) return true
      const admitted = flow.admit(pending)
      if (admitted === 'start') void handle(pending)
      return admitted === 'refuse'
    })
    void hold(refused)
  }

  function room(): number {
    return Math.min(concurrency - (held.size - countSlow(started)), 4 * concurrency - held.size)
  }

  /** Takes up to as many as there is room for; true when there may be more. */
  async function claim(): Promise<boolean> {
    const batchSize = BATCH_SIZES.find((size) => size <= room())
    if (!batchSize) return true
    const leases = await store.jobs.claim(batchSize)
    for (const lease of leases) held.set(lease.id, lease)
    try {
      const { found, orphans } = await loadPending(leases)
      if (orphans.length > 0) await store.transaction((tx) => store.jobs.finish(tx, orphans))
      for (const orphan of orphans) held.delete(orphan.id)
      begin(found)
    } catch (error) {
      void giveBack(leases)
      throw error
    }
    return leases.length === batchSize
  }

  async function untilRoom(): Promise<void> {
    const enough = Math.min(WORTH_A_CLAIM, concurrency >> 1)
    const deadline = performance.now() + WORTH_WAITING_MS
    while (room() < enough && !stopping.signal.aborted) {
      const leftMs = deadline - performance.now()
      if (leftMs <= 0 && room() > 0) return
      await alarm.wait(leftMs > 0 ? leftMs : options.pollMs)
    }
  }

  async function claimOnAndOn(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        mayBeMore = await claim()
        isClaiming = true
        if (mayBeMore) await untilRoom()
        else await alarm.wait(options.pollMs)
      } catch (error) {
        isClaiming = false
        onError(error)
        await pause(BACK_OFF_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
      }
    }
  }

  const offBell = bell.on('due', alarm.wake)
  const renewal = setInterval(
    () => {
      if (held.size > 0) store.jobs.renew([...held.values()]).catch(onError)
    },
    (LEASE_S * 1_000) / 3,
  )
  const slowness = setInterval(() => {
    if (countSlow(started) === 0) return
    void hold(flow.spill())
    alarm.wake()
  }, LOOK_FOR_SLOW_MS)
  const running = claimOnAndOn()

  function stopClaiming(): void {
    offBell()
    stopping.abort()
    alarm.wake()
  }

  return {
    get isClaiming() {
      return isClaiming
    },
    stopClaiming,
    async [Symbol.asyncDispose]() {
      stopClaiming()
      await running
      await release[Symbol.asyncDispose]()
      await handBack(flow.empty())
      const deadline = setTimeout(() => cut.abort(), GRACE_MS)
      while (held.size > 0) await alarm.wait(GRACE_MS)
      clearTimeout(deadline)
      clearInterval(renewal)
      clearInterval(slowness)
    },
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
