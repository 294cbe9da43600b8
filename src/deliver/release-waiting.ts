import type { Uuid } from '../domain/id.ts'
import { findHolding, findNextRelease, findReleasable, holdDeliveries } from '../queue/hold.ts'
import { insertJobs } from '../queue/jobs.ts'
import { releaseHeld } from '../queue/release-held.ts'
import { freeStranded, takeDue } from '../queue/waiting.ts'
import { startLoop } from '../store/loop.ts'
import type { Store } from '../store/store.ts'
import type { Limiter } from './limiter.ts'

export interface ReleaseOptions {
  readonly store: Store
  readonly limiter: Limiter
  readonly onError: (error: unknown) => void
}

export interface Release extends AsyncDisposable {
  /** A delivery may stop waiting sooner than was known at the last look. */
  wake(): void
  /** An attempt of this destination has ended. */
  onRoom(destinationId: Uuid<'dst'>): void
}

const SLICE = 500
const MAX_DESTINATIONS = 2_000
/** Destinations that release at the same time, each in a transaction of its own. */
const AT_A_TIME = 4
const POLL_MS = 1_000
/** Minimum pause between two looks, however often it is woken. */
const REST_MS = 10
/** How often it looks for held deliveries of destinations that no longer hold any. */
const SWEEP_MS = 60_000

/**
 * Puts waiting deliveries into the queue, in slices, as soon as they can run: scheduled ones that are due, and held ones that
 * their destinations release. Any number of processes may do this at a time: each takes rows that no other has locked.
 */
export function startRelease({ store, limiter, onError }: ReleaseOptions): Release {
  /** Destinations that could release more when this process has room for it. */
  const waitingForRoom = new Set<Uuid<'dst'>>()

  /** Resolves to the milliseconds until a delivery can next stop waiting. */
  async function look(signal: AbortSignal): Promise<number> {
    const next = await findNextRelease(store.sql)
    while (next.dueInMs <= 0 && !signal.aborted && (await releaseDue(store)) === SLICE);
    waitingForRoom.clear()
    const releaseInMs = next.hasReleasable ? await releaseAll(signal) : Number.POSITIVE_INFINITY
    return Math.min(next.dueInMs, next.releaseInMs, releaseInMs)
  }

  async function releaseAll(signal: AbortSignal): Promise<number> {
    const destinations = (await findReleasable(store.sql, MAX_DESTINATIONS)).filter((id) => {
      if (limiter.roomFor(id) > 0) return true
      waitingForRoom.add(id)
      return false
    })
    let soonestMs = Number.POSITIVE_INFINITY
    for (let i = 0; i < destinations.length && !signal.aborted; i += AT_A_TIME) {
      const releases = await Promise.all(destinations.slice(i, i + AT_A_TIME).map(releaseOne))
      soonestMs = Math.min(soonestMs, ...releases)
    }
    return soonestMs
  }

  /** Resolves to the milliseconds until it may release again; infinite when it only needs more room here. */
  async function releaseOne(destinationId: Uuid<'dst'>): Promise<number> {
    const room = limiter.roomFor(destinationId)
    const { released, releaseInMs } = await store.transaction((tx) => releaseHeld(tx, { destinationId, room }))
    if (released > 0) limiter.reserve(destinationId, released)
    if (releaseInMs > 0) return releaseInMs
    waitingForRoom.add(destinationId)
    return limiter.roomFor(destinationId) > 0 ? 0 : Number.POSITIVE_INFINITY
  }

  async function sweep(): Promise<void> {
    while ((await freeStranded(store.sql, SLICE)) > 0) loop.wake()
  }

  const loop = startLoop({
    notifier: store.notifier,
    on: 'waiting',
    onError,
    async work({ signal, pause }) {
      const nextMs = await look(signal)
      await pause(REST_MS)
      return Math.max(1, Math.min(nextMs - REST_MS, POLL_MS))
    },
  })
  const sweeper = setInterval(() => sweep().catch(onError), SWEEP_MS)
  return {
    wake: loop.wake,
    onRoom(destinationId) {
      if (waitingForRoom.has(destinationId) && limiter.roomFor(destinationId) > 0) loop.wake()
    },
    async [Symbol.asyncDispose]() {
      clearInterval(sweeper)
      await loop[Symbol.asyncDispose]()
    },
  }
}

/** Puts scheduled deliveries that are due into the queue, or holds them for their destinations. Returns how many. */
async function releaseDue(store: Store): Promise<number> {
  return store.transaction(async (tx) => {
    const taken = await takeDue(tx, SLICE)
    if (taken.length === 0) return 0
    const holding = await findHolding(tx, [...new Set(taken.map((one) => one.destinationId))])
    await holdDeliveries(
      tx,
      taken.filter((one) => holding.has(one.destinationId)),
    )
    await insertJobs(
      tx,
      taken.flatMap((one) => (holding.has(one.destinationId) ? [] : one.deliveryId)),
    )
    tx.wake('due')
    return taken.length
  })
}
