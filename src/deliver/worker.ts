import { claimJobs, finishLeases, LEASE_S, renewLeases } from '../queue/jobs.ts'
import { type Pass, startLoop } from '../store/loop.ts'
import type { Store } from '../store/store.ts'
import type { DeliverParts } from './deliver.ts'
import { createLeaseTable } from './lease-table.ts'
import { createLimiter } from './limiter.ts'
import { createLoadPending } from './load.ts'
import { startRelease } from './release-waiting.ts'
import { createSettle } from './settle.ts'

// Terminology
//
// job        a row of pgboss.job: a delivery that can run now.
// due        its time has come.
// scheduled  not due yet: waits for a retry's time or for deliverAt.
// held       due, but waits for its destination: for its circuit, rate limit, order, or for room. The destination *releases*
//            it into the queue.
// lane       where a held delivery stands: LIVE, RECOVERED (goes after live ones), or FIFO, at a line number.
// lease      a claimed job. A lease that is not renewed is lost, and another process claims the job.
// in flight  an attempt is under way.
// limit      how many attempts of one destination this process has in flight at most. It adapts; see limiter.ts.
// probe      the one delivery that an open circuit lets through, to find out whether the destination answers again.
// settle     store what came of a lease: attempt, delivery, health, retry, in one transaction.
// wake       end a loop's wait early, in this process and in others, by the notifier. Losing a wake-up only costs time.

export interface WorkerOptions extends Omit<DeliverParts, 'cut'> {
  readonly store: Store
  /** Maximum leases. Slow attempts (over 1 s) are exempt, up to 4 times this number in total. */
  readonly concurrency: number
  /** Maximum attempts of one destination in flight. */
  readonly destinationConcurrency: number
  /** How long to wait before looking again when nothing was due. The notifier ends the wait early. */
  readonly pollMs: number
  readonly onError: (error: unknown) => void
}

export interface Worker extends AsyncDisposable {
  /** False while the last claim failed. */
  readonly isClaiming: boolean
  /** Claims no more from now on. */
  stopClaiming(): void
  /** Stops claiming, lets attempts in flight finish for up to GRACE_MS, and releases the other leases uncounted. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Postgres parses each LIMIT anew: few sizes. */
const BATCH_SIZES = [128, 64, 32, 8, 1] as const
/** With more due, it waits a moment for this much room: a claim costs the same whether it brings one or a hundred. */
const WORTH_A_CLAIM = 128
const WORTH_WAITING_MS = 20
const GRACE_MS = 8_000
const LOOK_FOR_SLOW_MS = 250

/** Keeps attempts in flight: claims due deliveries as room appears, attempts each on its own, settles as each ends. */
export function startWorker(options: WorkerOptions): Worker {
  const { store, concurrency, onError } = options
  const stopping = new AbortController()
  const cut = new AbortController()
  const limiter = createLimiter({ maxInFlight: options.destinationConcurrency, maxLeases: concurrency >> 1 })
  const release = startRelease({ store, limiter, onError })
  const loadPending = createLoadPending(store, onError)
  const table = createLeaseTable({
    store,
    limiter,
    concurrency,
    onError,
    parts: { ...options, cut: cut.signal },
    settle: createSettle({
      store,
      connectors: options.connectors,
      cut: cut.signal,
      onWaiting: release.wake,
      onError,
    }),
    stopping: stopping.signal,
    onEnd: release.onRoom,
    onRoom() {
      if (mayBeMore) loop.wake()
    },
  })
  let isClaiming = true
  /** The last claim filled its batch, so more is probably due: claim again as soon as there is room. */
  let mayBeMore = false

  /** Claims as many as there is room for; true when more may be due. */
  async function claim(): Promise<boolean> {
    const room = table.room()
    const batchSize = BATCH_SIZES.find((size) => size <= room)
    if (!batchSize) return true
    const leases = await claimJobs(store.sql, batchSize)
    table.add(leases)
    try {
      const { found, orphans } = await loadPending(leases)
      if (orphans.length > 0) await store.transaction((tx) => finishLeases(tx, orphans))
      table.remove(orphans)
      table.begin(found)
    } catch (error) {
      void table.release(leases)
      throw error
    }
    return leases.length === batchSize
  }

  async function untilRoom({ signal, wait }: Pass): Promise<void> {
    const enough = Math.min(WORTH_A_CLAIM, concurrency >> 1)
    const deadline = performance.now() + WORTH_WAITING_MS
    while (table.room() < enough && !signal.aborted) {
      const leftMs = deadline - performance.now()
      if (leftMs <= 0 && table.room() > 0) return
      await wait(leftMs > 0 ? leftMs : options.pollMs)
    }
  }

  const loop = startLoop({
    notifier: store.notifier,
    on: 'due',
    onError,
    async work(pass) {
      try {
        mayBeMore = await claim()
        isClaiming = true
      } catch (error) {
        isClaiming = false
        throw error
      }
      if (!mayBeMore) return options.pollMs
      await untilRoom(pass)
      return 0
    },
  })
  const renewal = setInterval(
    () => {
      if (table.size > 0) renewLeases(store.sql, table.leases()).catch(onError)
    },
    (LEASE_S * 1_000) / 3,
  )
  const slowness = setInterval(() => table.holdLate() && loop.wake(), LOOK_FOR_SLOW_MS)

  function stopClaiming(): void {
    stopping.abort()
    loop.stop()
  }

  return {
    get isClaiming() {
      return isClaiming
    },
    stopClaiming,
    async [Symbol.asyncDispose]() {
      const deadline = setTimeout(() => cut.abort(), GRACE_MS)
      stopClaiming()
      await loop[Symbol.asyncDispose]()
      await release[Symbol.asyncDispose]()
      await table.release(limiter.drain().map(({ lease }) => lease))
      await table.emptied()
      clearTimeout(deadline)
      clearInterval(renewal)
      clearInterval(slowness)
    },
  }
}
