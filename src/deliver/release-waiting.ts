import { setTimeout as pause } from 'node:timers/promises'
import { findHeld, findOpeningGates, findOutlook, holdBack } from '../queue/hold.ts'
import { insertJobs } from '../queue/jobs.ts'
import { letThrough } from '../queue/release-held.ts'
import { freeStranded, takeDue } from '../queue/waiting.ts'
import { createAlarm } from '../store/alarm.ts'
import type { Bell } from '../store/bell.ts'
import type { Store } from '../store/store.ts'
import type { DestinationFlow } from './concurrency.ts'

export interface ReleaseOptions {
  readonly store: Store
  readonly bell: Bell
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
const BACK_OFF_MS = 1_000
/** How often it looks for what waits behind the gate of a destination that is gone. */
const SWEEP_MS = 60_000

/**
 * Puts into the queue what waited, in slices, as soon as it can run: what has become due, and what the gates of
 * destinations let through. Any number of processes may do this at a time: each takes what no other has hold of.
 */
export function startRelease({ store, bell, flow, onError }: ReleaseOptions): Release {
  const alarm = createAlarm()
  const stopping = new AbortController()
  /** Gates that could let something through when this process has room for it. */
  const waitingForRoom = new Set<string>()

  /** Resolves to the milliseconds until there is something to do. */
  async function look(): Promise<number> {
    const outlook = await findOutlook(store.sql)
    while (outlook.dueInMs <= 0 && (await releaseDue(store, bell)) === SLICE);
    waitingForRoom.clear()
    const opensInMs = outlook.hasOpeningGates ? await openGates() : Number.POSITIVE_INFINITY
    return Math.min(outlook.dueInMs, outlook.gateInMs, opensInMs)
  }

  async function openGates(): Promise<number> {
    const gates = (await findOpeningGates(store.sql, MAX_GATES)).filter((id) => {
      if (flow.roomFor(id) > 0) return true
      waitingForRoom.add(id)
      return false
    })
    let soonestMs = Number.POSITIVE_INFINITY
    for (let i = 0; i < gates.length; i += AT_A_TIME) {
      const opens = await Promise.all(gates.slice(i, i + AT_A_TIME).map(openGate))
      soonestMs = Math.min(soonestMs, ...opens)
    }
    return soonestMs
  }

  /** Resolves to the milliseconds until it may open again; infinite when only more room can open it. */
  async function openGate(destinationId: string): Promise<number> {
    const room = flow.roomFor(destinationId)
    const { released, opensInMs } = await store.transaction((tx) => letThrough(tx, { destinationId, room }))
    if (released > 0) {
      flow.expect(destinationId, released)
      bell.ring('due')
    }
    if (opensInMs > 0) return opensInMs
    waitingForRoom.add(destinationId)
    return flow.roomFor(destinationId) > 0 ? 0 : Number.POSITIVE_INFINITY
  }

  async function run(): Promise<void> {
    const { signal } = stopping
    while (!signal.aborted) {
      try {
        const nextMs = await look()
        await pause(REST_MS, undefined, { signal })
        await alarm.wait(Math.max(0, Math.min(nextMs - REST_MS, POLL_MS)))
      } catch (error) {
        if (signal.aborted) return
        onError(error)
        await pause(BACK_OFF_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  async function sweep(): Promise<void> {
    while ((await freeStranded(store.sql, SLICE)) > 0) alarm.wake()
  }

  const offBell = bell.on('waiting', alarm.wake)
  const sweeper = setInterval(() => sweep().catch(onError), SWEEP_MS)
  const running = run()
  return {
    wake: alarm.wake,
    onRoom(destinationId) {
      if (waitingForRoom.has(destinationId) && flow.roomFor(destinationId) > 0) alarm.wake()
    },
    async [Symbol.asyncDispose]() {
      offBell()
      clearInterval(sweeper)
      stopping.abort()
      alarm.wake()
      await running
    },
  }
}

/** What has become due goes into the queue, or behind the gate of its destination. Returns how much it was. */
async function releaseDue(store: Store, bell: Bell): Promise<number> {
  const due = await store.transaction(async (tx) => {
    const taken = await takeDue(tx, SLICE)
    if (taken.length === 0) return taken
    const held = await findHeld(tx, [...new Set(taken.map((one) => one.destinationId))])
    await holdBack(
      tx,
      taken.filter((one) => held.has(one.destinationId)),
    )
    await insertJobs(
      tx,
      taken.flatMap((one) => (held.has(one.destinationId) ? [] : one.deliveryId)),
    )
    return taken
  })
  if (due.length > 0) bell.ring('due')
  return due.length
}
