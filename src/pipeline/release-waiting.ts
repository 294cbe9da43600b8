import { setTimeout as pause } from 'node:timers/promises'
import { takeTokens } from '../domain/token-bucket.ts'
import type { Bell } from '../store/bell.ts'
import {
  findHeld,
  findNextOpening,
  findOpeningGates,
  type Gate,
  type GateChange,
  holdBack,
  lockOpeningGate,
  moveGate,
  PROBE_LOST_MS,
} from '../store/gate.ts'
import type { Sql } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { findHeadOfLine, markReleased, takeDue, takeExpired, takeGated } from '../store/waiting.ts'
import { createAlarm } from './alarm.ts'
import type { DestinationFlow } from './destination-flow.ts'

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
/** What follows an attempt under way in a FIFO line is let out by its settlement; this is for what a crash could leave. */
const LOOK_AGAIN_MS = 60_000

/**
 * Puts into the queue what waited, in slices, as soon as it can run: what has become due, and what the gates of
 * destinations let through. Any number of processes may do this at a time: each takes what no other has hold of.
 */
export function startRelease({ store, bell, flow, onError }: ReleaseOptions): Release {
  const alarm = createAlarm()
  const stopping = new AbortController()
  /** Gates that could let something through when this process has room for it. */
  const waitingForRoom = new Set<string>()

  /** Resolves to the milliseconds until something is due. */
  async function look(): Promise<number> {
    while ((await releaseDue(store, bell)) === SLICE);
    waitingForRoom.clear()
    const gates = (await findOpeningGates(store.sql, MAX_GATES)).filter((id) => {
      if (flow.roomFor(id) > 0) return true
      waitingForRoom.add(id)
      return false
    })
    for (let i = 0; i < gates.length; i += AT_A_TIME) {
      await Promise.all(gates.slice(i, i + AT_A_TIME).map(openGate))
    }
    return findNextOpening(store.sql)
  }

  async function openGate(destinationId: string): Promise<void> {
    const released = await store.transaction((tx) => letThrough(store, tx, destinationId, flow.roomFor(destinationId)))
    if (released === 0) return
    flow.expect(destinationId, released)
    waitingForRoom.add(destinationId)
    bell.ring('due')
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

  const offBell = bell.on('waiting', alarm.wake)
  const running = run()
  return {
    wake: alarm.wake,
    onRoom(destinationId) {
      if (waitingForRoom.has(destinationId) && flow.roomFor(destinationId) > 0) alarm.wake()
    },
    async [Symbol.asyncDispose]() {
      offBell()
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
    await store.jobs.insert(
      tx,
      taken.flatMap((one) => (held.has(one.destinationId) ? [] : one.deliveryId)),
    )
    return taken
  })
  if (due.length > 0) bell.ring('due')
  return due.length
}

/** Moves through one gate what its circuit, its rate limit, its order and this process's room allow. */
async function letThrough(store: Store, tx: Sql, destinationId: string, room: number): Promise<number> {
  const gate = await lockOpeningGate(tx, destinationId)
  if (!gate) return 0
  const { ids, change } = await choose(tx, gate, room)
  await store.jobs.insert(tx, ids)
  await moveGate(tx, destinationId, change)
  return ids.length
}

interface Choice {
  readonly ids: readonly string[]
  readonly change: GateChange
}

async function choose(tx: Sql, gate: Gate, room: number): Promise<Choice> {
  const { destinationId, probeInMs, patienceMs } = gate
  // They are cancelled where they go.
  if (gate.isOff) return takeUpTo(tx, gate, SLICE)
  if (gate.ordering === 'FIFO') return chooseHead(tx, gate)
  if (probeInMs === null) return gate.rateLimit === null ? takeUpTo(tx, gate, room) : takeByRate(tx, gate, room)
  // They are given up where they go.
  const expired = await takeExpired(tx, destinationId, { lateMs: patienceMs, limit: SLICE })
  if (expired.length > 0) return { ids: expired, change: { opensInMs: 0 } }
  if (probeInMs > 0) return { ids: [], change: { opensInMs: probeInMs } }
  const [probe] = await takeGated(tx, destinationId, 1)
  return probe ? probing(probe) : { ids: [], change: { opensInMs: null } }
}

function probing(id: string): Choice {
  return { ids: [id], change: { opensInMs: PROBE_LOST_MS, probeDeliveryId: id } }
}

async function takeUpTo(tx: Sql, { destinationId }: Gate, limit: number): Promise<Choice> {
  const ids = await takeGated(tx, destinationId, limit)
  return { ids, change: { opensInMs: ids.length < limit ? null : 0 } }
}

async function takeByRate(tx: Sql, { destinationId, rateLimit, fullInMs }: Gate, room: number): Promise<Choice> {
  const bucket = { rate: rateLimit!, fullInMs }
  const offered = takeTokens(bucket, room)
  const ids = offered.taken > 0 ? await takeGated(tx, destinationId, offered.taken) : []
  if (ids.length < offered.taken && ids.length === 0) return { ids, change: { opensInMs: null } }
  const used = takeTokens(bucket, ids.length)
  return { ids, change: { opensInMs: used.opensInMs, fullInMs: used.fullInMs } }
}

/** Of a FIFO destination only the first of its line goes, and when it is finished the next. */
async function chooseHead(tx: Sql, gate: Gate): Promise<Choice> {
  const { destinationId, probeInMs, rateLimit, fullInMs, patienceMs } = gate
  const head = await findHeadOfLine(tx, destinationId)
  // What came before it was FIFO, if anything.
  if (!head) return takeUpTo(tx, gate, 1)
  if (head.state === 'RELEASED') return { ids: [], change: { opensInMs: LOOK_AGAIN_MS } }
  if (head.dueInMs > 0) return { ids: [], change: { opensInMs: head.dueInMs } }
  const isExpired = probeInMs !== null && -head.dueInMs > patienceMs
  if (probeInMs !== null && probeInMs > 0 && !isExpired) return { ids: [], change: { opensInMs: probeInMs } }
  const tokens = takeTokens({ rate: rateLimit ?? 1e6, fullInMs }, 1)
  if (tokens.taken === 0) return { ids: [], change: { opensInMs: tokens.opensInMs } }
  if (!(await markReleased(tx, head.deliveryId))) return { ids: [], change: { opensInMs: 0 } }
  if (probeInMs !== null && !isExpired) return probing(head.deliveryId)
  const next = { opensInMs: LOOK_AGAIN_MS, ...(rateLimit !== null && { fullInMs: tokens.fullInMs }) }
  return { ids: [head.deliveryId], change: next }
}
