import { findHeld, findOpeningGates, findOutlook, holdBack } from '../queue/hold.ts'
import { insertJobs } from '../queue/jobs.ts'
import { letThrough } from '../queue/release-held.ts'
import { freeStranded, takeDue } from '../queue/waiting.ts'
import { startLoop } from '../store/loop.ts'
import type { Store } from '../store/store.ts'
import type { DestinationFlow } from './concurrency.ts'

export interface ReleaseOptions {
  readonly store: Store
  readonly flow: DestinationFlow
  readonly onError: (error: unknown) => void
}

export interface Release extends AsyncDisposable {
  /** Something may wait for less long than was thought. */
  wake(): void
  /** An attempt of this destination has ended. */
  onRoom(destinationId: string): void
}

const SLICE = 500
const MAX_GATES = 2_000
/** Gates that are moved at the same time, each in a transaction of its own. */
const AT_A_TIME = 4
const POLL_MS = 1_000
/** However often it is woken, it looks no more often. */
const REST_MS = 10
/** How often it looks for what waits behind the gate of a destination that is gone. */
const SWEEP_MS = 60_000

/**
 * Puts into the queue what waited, in slices, as soon as it can run: what has become due, and what the gates of
 * destinations let through. Any number of processes may do this at a time: each takes what no other has hold of.
 */
export function startRelease({ store, flow, onError }: ReleaseOptions): Release {
  /** Gates that could let something through when this process has room for it. */
  const waitingForRoom = new Set<string>()

  /** Resolves to the milliseconds until there is something to do. */
  async function look(signal: AbortSignal): Promise<number> {
    const outlook = await findOutlook(store.sql)
    while (outlook.dueInMs <= 0 && !signal.aborted && (await releaseDue(store)) === SLICE);
    waitingForRoom.clear()
    const opensInMs = outlook.hasOpeningGates ? await openGates(signal) : Number.POSITIVE_INFINITY
    return Math.min(outlook.dueInMs, outlook.gateInMs, opensInMs)
  }

  async function openGates(signal: AbortSignal): Promise<number> {
    const gates = (await findOpeningGates(store.sql, MAX_GATES)).filter((id) => {
      if (flow.roomFor(id) > 0) return true
      waitingForRoom.add(id)
      return false
    })
    let soonestMs = Number.POSITIVE_INFINITY
    for (let i = 0; i < gates.length && !signal.aborted; i += AT_A_TIME) {
      const opens = await Promise.all(gates.slice(i, i + AT_A_TIME).map(openGate))
      soonestMs = Math.min(soonestMs, ...opens)
    }
    return soonestMs
  }

  /** Resolves to the milliseconds until it may open again; infinite when only more room can open it. */
  async function openGate(destinationId: string): Promise<number> {
    const room = flow.roomFor(destinationId)
    const { released, opensInMs } = await store.transaction((tx) => letThrough(tx, { destinationId, room }))
    if (released > 0) flow.expect(destinationId, released)
    if (opensInMs > 0) return opensInMs
    waitingForRoom.add(destinationId)
    return flow.roomFor(destinationId) > 0 ? 0 : Number.POSITIVE_INFINITY
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
      if (waitingForRoom.has(destinationId) && flow.roomFor(destinationId) > 0) loop.wake()
    },
    async [Symbol.asyncDispose]() {
      clearInterval(sweeper)
      await loop[Symbol.asyncDispose]()
    },
  }
}

/** What has become due goes into the queue, or behind the gate of its destination. Returns how much it was. */
async function releaseDue(store: Store): Promise<number> {
  return store.transaction(async (tx) => {
    const taken = await takeDue(tx, SLICE)
    if (taken.length === 0) return 0
    const held = await findHeld(tx, [...new Set(taken.map((one) => one.destinationId))])
    await holdBack(
      tx,
      taken.filter((one) => held.has(one.destinationId)),
    )
    await insertJobs(
      tx,
      taken.flatMap((one) => (held.has(one.destinationId) ? [] : one.deliveryId)),
    )
    tx.wake('due')
    return taken.length
  })
}
