import { setTimeout as pause } from 'node:timers/promises'
import type { Bell } from '../store/bell.ts'
import { LEASE_S, type Lease } from '../store/job.ts'
import type { Store } from '../store/store.ts'
import { createAlarm } from './alarm.ts'
import type { PendingDelivery } from './attempt-result.ts'
import { type DeliverParts, deliver } from './deliver.ts'
import { createLoadPending } from './load-pending.ts'
import { createSettle } from './settle.ts'

export interface WorkerOptions extends Omit<DeliverParts, 'cut'> {
  readonly store: Store
  readonly bell: Bell
  /** Most deliveries held at a time. */
  readonly concurrency: number
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
const BATCH_SIZES = [128, 32, 8, 1] as const
const GRACE_MS = 8_000
const BACK_OFF_MS = 1_000
/** Retries due sooner than this are waited for by a timer, so that they do not wait for the poll. */
const TIMER_HORIZON_MS = 60_000

/** Keeps deliveries in flight: claims what is due as room appears, attempts each on its own, settles as each ends. */
export function startWorker(options: WorkerOptions): Worker {
  const { store, bell, onError } = options
  const stopping = new AbortController()
  const cut = new AbortController()
  const held = new Map<string, Lease>()
  const alarm = createAlarm()
  const settle = createSettle({ store, bell, cut: cut.signal, onError })
  const loadPending = createLoadPending(store, onError)
  const parts: DeliverParts = { ...options, cut: cut.signal }
  let isClaiming = true
  /** True when the last claim was bounded by room, not by what was due: then a delivery that ends makes room. */
  let mayBeMore = false

  async function handle(pending: PendingDelivery): Promise<void> {
    const { lease } = pending
    try {
      const result = await deliver(parts, pending)
      if (result) await settle(result)
      else await store.jobs.release([lease])
      if (result?.dueAt) wakeAt(result.dueAt)
    } catch (error) {
      // The lease runs out, and the delivery is taken up again.
      onError(error)
    }
    // After a lost lease the same process may hold a newer one of the same delivery.
    if (held.get(lease.id) === lease) held.delete(lease.id)
    if (mayBeMore || stopping.signal.aborted) alarm.wake()
  }

  function wakeAt(due: Date): void {
    const inMs = Math.max(0, due.getTime() - options.now().getTime())
    if (inMs < TIMER_HORIZON_MS) setTimeout(alarm.wake, inMs + 1).unref()
  }

  /** Takes up to as many as there is room for; true when there may be more. */
  async function claim(): Promise<boolean> {
    const room = options.concurrency - held.size
    const batchSize = BATCH_SIZES.find((size) => size <= room)
    if (!batchSize) return true
    const leases = await store.jobs.claim(batchSize)
    for (const lease of leases) held.set(lease.id, lease)
    try {
      const { found, orphans } = await loadPending(leases)
      if (orphans.length > 0) await store.transaction((tx) => store.jobs.finish(tx, orphans))
      for (const orphan of orphans) held.delete(orphan.id)
      for (const pending of found) void handle(pending)
    } catch (error) {
      for (const lease of leases) held.delete(lease.id)
      await store.jobs.release(leases).catch(onError)
      throw error
    }
    return leases.length === batchSize
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        mayBeMore = await claim()
        isClaiming = true
        if (!mayBeMore || held.size >= options.concurrency) await alarm.wait(options.pollMs)
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
  const running = run()

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
      const deadline = setTimeout(() => cut.abort(), GRACE_MS)
      while (held.size > 0) await alarm.wait(GRACE_MS)
      clearTimeout(deadline)
      clearInterval(renewal)
    },
  }
}
