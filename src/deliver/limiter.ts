import { OPEN_AFTER } from '../domain/circuit.ts'
import type { Uuid } from '../domain/id.ts'
import type { PendingDelivery } from './attempt-result.ts'

export interface LimiterOptions {
  /** Maximum attempts of one destination in flight. */
  readonly maxInFlight: number
  /** Maximum leases of one destination in this process: its share, so that the others have theirs. */
  readonly maxLeases: number
}

/** How an attempt went, as far as the limit is concerned. */
export interface Pace {
  readonly durationMs: number
  readonly reached: 'answered' | 'unreachable' | 'timed out'
}

/** The limit of a new destination. It rises by one with each answer. */
const FIRST_LIMIT = 4
/** A delivery that would be queued in memory for longer is held instead, so that others have its lease. */
const MAX_QUEUED_MS = 250
/** Assumed attempt duration until the first one finishes. */
const UNKNOWN_MS = 100
/** Maximum destinations remembered; those without a lease are forgotten first. */
const REMEMBERED = 10_000
/** Released deliveries that we have not claimed after this time were claimed by another process. */
const RESERVED_FOR_MS = 1_000

/** What this process knows of one destination. */
interface DestinationQueue {
  /** Attempts in flight with their start, the oldest first. */
  readonly inFlight: Map<PendingDelivery, number>
  readonly queue: PendingDelivery[]
  limit: number
  averageMs: number
  /** Attempts in a row that reached nobody. */
  unreachable: number
  /** Released deliveries that are about to be claimed. */
  reserved: number
  reservedAtMs: number
}

/**
 * Limits the attempts of each destination in flight in this process: few at first, one more with each answer, one after a
 * timeout. So a hanging destination takes next to nothing, and a fast one all that it can use.
 */
export interface Limiter {
  /** Starts the delivery, queues it in memory, or refuses it: then it is to be held. */
  admit(pending: PendingDelivery): 'start' | 'queued' | 'refuse'
  /**
   * Counts an attempt out, learns from its pace when it was sent, and returns the deliveries of the destination that start
   * now. After OPEN_AFTER attempts in a row that reached nobody, it refuses the whole queue instead.
   */
  end(pending: PendingDelivery, pace: Pace | undefined): { start: PendingDelivery[]; refused: PendingDelivery[] }
  /** Takes the deliveries out of the queues that would be queued for too long. */
  takeLate(): PendingDelivery[]
  /** Takes all deliveries out of the queues. */
  drain(): PendingDelivery[]
  /** How many more deliveries of the destination can be started or queued; 0 until it is a quarter of its share. */
  roomFor(destinationId: Uuid<'dst'>): number
  /** Reserves room for deliveries that were released and are about to be claimed, by this process or another. */
  reserve(destinationId: Uuid<'dst'>, count: number): void
}

export function createLimiter({ maxInFlight, maxLeases }: LimiterOptions): Limiter {
  // In the order of last use, so that the first idle one is the one to forget.
  const destinations = new Map<string, DestinationQueue>()

  function queueOf(id: Uuid<'dst'>): DestinationQueue {
    const own = destinations.get(id) ?? newQueue()
    destinations.delete(id)
    destinations.set(id, own)
    if (destinations.size > REMEMBERED) forgetIdle()
    return own
  }

  function forgetIdle(): void {
    for (const [id, own] of destinations) {
      if (destinations.size <= REMEMBERED) return
      if (own.inFlight.size === 0 && own.queue.length === 0) destinations.delete(id)
    }
  }

  function maxQueued(own: DestinationQueue, nowMs: number): number {
    const [oldest = nowMs] = own.inFlight.values()
    const lastsMs = Math.max(own.averageMs, nowMs - oldest, 1)
    const byTime = Math.floor((MAX_QUEUED_MS * own.limit) / lastsMs)
    return Math.max(0, Math.min(byTime, maxLeases - own.inFlight.size))
  }

  function start(own: DestinationQueue, pending: PendingDelivery): void {
    own.inFlight.set(pending, performance.now())
  }

  return {
    admit(pending) {
      const own = queueOf(pending.delivery.destinationId)
      own.reserved = Math.max(0, own.reserved - 1)
      if (own.inFlight.size < Math.min(own.limit, maxInFlight)) {
        start(own, pending)
        return 'start'
      }
      if (own.queue.length >= maxQueued(own, performance.now())) return 'refuse'
      own.queue.push(pending)
      return 'queued'
    },
    end(pending, pace) {
      const own = queueOf(pending.delivery.destinationId)
      own.inFlight.delete(pending)
      if (pace) learn(own, pace, maxInFlight)
      if (own.unreachable >= OPEN_AFTER) return { start: [], refused: own.queue.splice(0) }
      const next = own.queue.splice(0, Math.max(0, Math.min(own.limit, maxInFlight) - own.inFlight.size))
      for (const one of next) start(own, one)
      return { start: next, refused: [] }
    },
    takeLate() {
      const nowMs = performance.now()
      return [...destinations.values()].flatMap((own) =>
        own.queue.length > 0 ? own.queue.splice(maxQueued(own, nowMs)) : [],
      )
    },
    drain: () => [...destinations.values()].flatMap((own) => own.queue.splice(0)),
    roomFor(destinationId) {
      const own = queueOf(destinationId)
      const nowMs = performance.now()
      const reserved = nowMs - own.reservedAtMs < RESERVED_FOR_MS ? own.reserved : 0
      const size = Math.min(own.limit, maxInFlight) + maxQueued(own, nowMs)
      const room = size - own.inFlight.size - own.queue.length - reserved
      return room >= size / 4 ? Math.floor(room) : 0
    },
    reserve(destinationId, count) {
      const own = queueOf(destinationId)
      own.reserved += count
      own.reservedAtMs = performance.now()
    },
  }
}

function newQueue(): DestinationQueue {
  const pace = { limit: FIRST_LIMIT, averageMs: UNKNOWN_MS, unreachable: 0 }
  return { inFlight: new Map(), queue: [], ...pace, reserved: 0, reservedAtMs: 0 }
}

function learn(own: DestinationQueue, { durationMs, reached }: Pace, maxInFlight: number): void {
  own.averageMs += (durationMs - own.averageMs) / 5
  own.unreachable = reached === 'answered' ? 0 : own.unreachable + 1
  if (reached === 'answered') own.limit = Math.min(own.limit + 1, maxInFlight)
  else own.limit = reached === 'timed out' ? 1 : Math.max(1, own.limit >> 1)
}
