import { OPEN_AFTER } from '../domain/circuit.ts'
import type { PendingDelivery } from './attempt-result.ts'

export interface FlowOptions {
  /** Most attempts of one destination in flight. */
  readonly maxInFlight: number
  /** Most deliveries of one destination that this process holds: its share, so that the others have theirs. */
  readonly maxHeld: number
}

/** How an attempt went, as far as pace is concerned. */
export interface Pace {
  readonly durationMs: number
  readonly reached: 'answered' | 'unreachable' | 'timed out'
}

/** A new destination starts with so few in flight, and gets one more with each answer. */
const FIRST_CAP = 4
/** A delivery that would wait for longer than this in memory goes back, and lets others have its place. */
const LONGEST_WAIT_MS = 250
/** What an attempt is taken to last before the first has ended. */
const UNKNOWN_MS = 100
const REMEMBERED = 10_000

/** What was let out of a gate and not claimed after so long went to another process. */
const EXPECTED_FOR_MS = 1_000

interface Lane {
  /** By their start, the oldest first. */
  readonly inFlight: Map<PendingDelivery, number>
  readonly waiting: PendingDelivery[]
  cap: number
  averageMs: number
  /** In a row. */
  unreachable: number
  expected: number
  expectedAtMs: number
}

/**
 * How many attempts each destination may have in flight in this process: few at first, one more with each answer, one
 * after a timeout. So a hanging destination holds next to nothing, and a fast one all that it can use.
 */
export interface DestinationFlow {
  /** Starts it, keeps it for its turn, or has no place for it. */
  admit(pending: PendingDelivery): 'start' | 'wait' | 'refuse'
  /**
   * Counts one out, learns from its pace when it was attempted, and returns those of the destination that start now. After
   * so many in a row that reached nobody, none does: what waits is refused.
   */
  end(pending: PendingDelivery, pace: Pace | undefined): { start: PendingDelivery[]; refused: PendingDelivery[] }
  /** Those that wait behind attempts that last: they would wait too long. */
  spill(): PendingDelivery[]
  /** All that wait. */
  empty(): PendingDelivery[]
  /** How many more of this destination there is a place for; 0 until it is worth the while. */
  roomFor(destinationId: string): number
  /** Says that so many are about to be claimed, by this process or another. */
  expect(destinationId: string, count: number): void
}

export function createDestinationFlow({ maxInFlight, maxHeld }: FlowOptions): DestinationFlow {
  // In the order of last use, so that the first idle one is the one to forget.
  const lanes = new Map<string, Lane>()

  function laneOf(id: string): Lane {
    const lane = lanes.get(id) ?? newLane()
    lanes.delete(id)
    lanes.set(id, lane)
    if (lanes.size > REMEMBERED) forgetIdle()
    return lane
  }

  function forgetIdle(): void {
    for (const [id, lane] of lanes) {
      if (lanes.size <= REMEMBERED) return
      if (lane.inFlight.size === 0 && lane.waiting.length === 0) lanes.delete(id)
    }
  }

  function mostWaiting(lane: Lane, nowMs: number): number {
    const [oldest = nowMs] = lane.inFlight.values()
    const lastsMs = Math.max(lane.averageMs, nowMs - oldest, 1)
    const byTime = Math.floor((LONGEST_WAIT_MS * lane.cap) / lastsMs)
    return Math.max(0, Math.min(byTime, maxHeld - lane.inFlight.size))
  }

  function start(lane: Lane, pending: PendingDelivery): void {
    lane.inFlight.set(pending, performance.now())
  }

  return {
    admit(pending) {
      const lane = laneOf(pending.delivery.destinationId)
      lane.expected = Math.max(0, lane.expected - 1)
      if (lane.inFlight.size < Math.min(lane.cap, maxInFlight)) {
        start(lane, pending)
        return 'start'
      }
      if (lane.waiting.length >= mostWaiting(lane, performance.now())) return 'refuse'
      lane.waiting.push(pending)
      return 'wait'
    },
    end(pending, pace) {
      const lane = laneOf(pending.delivery.destinationId)
      lane.inFlight.delete(pending)
      if (pace) learn(lane, pace, maxInFlight)
      if (lane.unreachable >= OPEN_AFTER) return { start: [], refused: lane.waiting.splice(0) }
      const next = lane.waiting.splice(0, Math.max(0, Math.min(lane.cap, maxInFlight) - lane.inFlight.size))
      for (const one of next) start(lane, one)
      return { start: next, refused: [] }
    },
    spill() {
      const nowMs = performance.now()
      return [...lanes.values()].flatMap((lane) =>
        lane.waiting.length > 0 ? lane.waiting.splice(mostWaiting(lane, nowMs)) : [],
      )
    },
    empty: () => [...lanes.values()].flatMap((lane) => lane.waiting.splice(0)),
    roomFor(destinationId) {
      const lane = laneOf(destinationId)
      const nowMs = performance.now()
      const expected = nowMs - lane.expectedAtMs < EXPECTED_FOR_MS ? lane.expected : 0
      const size = Math.min(lane.cap, maxInFlight) + mostWaiting(lane, nowMs)
      const room = size - lane.inFlight.size - lane.waiting.length - expected
      return room >= size / 4 ? Math.floor(room) : 0
    },
    expect(destinationId, count) {
      const lane = laneOf(destinationId)
      lane.expected += count
      lane.expectedAtMs = performance.now()
    },
  }
}

function newLane(): Lane {
  const pace = { cap: FIRST_CAP, averageMs: UNKNOWN_MS, unreachable: 0 }
  return { inFlight: new Map(), waiting: [], ...pace, expected: 0, expectedAtMs: 0 }
}

function learn(lane: Lane, { durationMs, reached }: Pace, maxInFlight: number): void {
  lane.averageMs += (durationMs - lane.averageMs) / 5
  lane.unreachable = reached === 'answered' ? 0 : lane.unreachable + 1
  if (reached === 'answered') lane.cap = Math.min(lane.cap + 1, maxInFlight)
  else lane.cap = reached === 'timed out' ? 1 : Math.max(1, lane.cap >> 1)
}
