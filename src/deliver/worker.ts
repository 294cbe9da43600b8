import { claimJobs, finishLeases, LEASE_S, renewLeases } from '../queue/jobs.ts'
import { type Pass, startLoop } from '../store/loop.ts'
import type { Store } from '../store/store.ts'
import { createDestinationFlow } from './concurrency.ts'
import type { DeliverParts } from './deliver.ts'
import { createAttemptsInHand } from './in-flight.ts'
import { createLoadPending } from './load.ts'
import { startRelease } from './release-waiting.ts'
import { createSettle } from './settle.ts'

export interface WorkerOptions extends Omit<DeliverParts, 'cut'> {
  readonly store: Store
  /** Most deliveries held at a time, but for those whose receiver keeps them waiting: of them, three times as many. */
  readonly concurrency: number
  /** Most attempts of one destination in flight. */
  readonly destinationConcurrency: number
  /** How long to wait before looking again when nothing was due. The notifier ends the wait early. */
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
const LOOK_FOR_SLOW_MS = 250

/** Keeps deliveries in flight: claims what is due as room appears, attempts each on its own, settles as each ends. */
export function startWorker(options: WorkerOptions): Worker {
  const { store, concurrency, onError } = options
  const stopping = new AbortController()
  const cut = new AbortController()
  const flow = createDestinationFlow({ maxInFlight: options.destinationConcurrency, maxHeld: concurrency >> 1 })
  const release = startRelease({ store, flow, onError })
  const loadPending = createLoadPending(store, onError)
  const inHand = createAttemptsInHand({
    store,
    flow,
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
    onLess() {
      if (mayBeMore) loop.wake()
    },
  })
  let isClaiming = true
  /** True when the last claim was bounded by room, not by what was due: then a delivery that ends makes room. */
  let mayBeMore = false

  /** Takes up to as many as there is room for; true when there may be more. */
  async function claim(): Promise<boolean> {
    const room = inHand.room()
    const batchSize = BATCH_SIZES.find((size) => size <= room)
    if (!batchSize) return true
    const leases = await claimJobs(store.sql, batchSize)
    inHand.take(leases)
    try {
      const { found, orphans } = await loadPending(leases)
      if (orphans.length > 0) await store.transaction((tx) => finishLeases(tx, orphans))
      inHand.drop(orphans)
      inHand.begin(found)
    } catch (error) {
      void inHand.giveBack(leases)
      throw error
    }
    return leases.length === batchSize
  }

  async function untilRoom({ signal, wait }: Pass): Promise<void> {
    const enough = Math.min(WORTH_A_CLAIM, concurrency >> 1)
    const deadline = performance.now() + WORTH_WAITING_MS
    while (inHand.room() < enough && !signal.aborted) {
      const leftMs = deadline - performance.now()
      if (leftMs <= 0 && inHand.room() > 0) return
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
      if (inHand.size > 0) renewLeases(store.sql, inHand.leases()).catch(onError)
    },
    (LEASE_S * 1_000) / 3,
  )
  const slowness = setInterval(() => inHand.spill() && loop.wake(), LOOK_FOR_SLOW_MS)

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
      await inHand.giveBack(flow.empty().map(({ lease }) => lease))
      await inHand.emptied()
      clearTimeout(deadline)
      clearInterval(renewal)
      clearInterval(slowness)
    },
  }
}
