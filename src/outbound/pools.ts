import { Pool } from 'undici'
import { createDialer, type Dialer } from './connect.ts'
import type { DialRules } from './dial.ts'
import { abortedFailure } from './failure.ts'

/** The connections of one pool key to one origin. */
export interface Lane {
  readonly pool: Pool
  readonly dialer: Dialer
  inFlight: number
  /** By performance.now(). */
  lastUsedAtMs: number
}

export interface Pools extends AsyncDisposable {
  /** Counts a send in and returns its lane; give the lane back by `release`. */
  take(poolKey: string, url: URL, timeoutMs: number): Lane
  release(lane: Lane): void
}

/** Lanes that are kept; the one longest unused goes first. */
const LANES_KEPT = 1_000
/** A lane without sends for so long is closed. Its sockets have been closed long before. */
const LANE_IDLE_MS = 60_000
const SWEEP_MS = 15_000

const poolOptions = {
  connections: 64,
  pipelining: 1,
  allowH2: false,
  keepAliveTimeout: 4_000,
  keepAliveMaxTimeout: 30_000,
  // A busy connection would otherwise outlive the DNS answer it was vetted by for ever.
  clientTtl: 120_000,
  // The deadline of the send covers both.
  headersTimeout: 0,
  bodyTimeout: 0,
  maxHeaderSize: 16_384,
} as const

export function createPools(rules: DialRules): Pools {
  // In the order of last use, so that the first is the one to evict.
  const lanes = new Map<string, Lane>()
  const closing = new Set<Lane>()
  const sweeper = setInterval(() => sweep(lanes), SWEEP_MS).unref()

  function evictOldest(): void {
    const [key, lane] = lanes.entries().next().value!
    lanes.delete(key)
    closing.add(lane)
    void lane.pool.close().finally(() => closing.delete(lane))
  }

  return {
    take(poolKey, { origin }, timeoutMs) {
      const key = `${origin} ${poolKey}`
      let lane = lanes.get(key)
      if (lane) lanes.delete(key)
      else if (lanes.size >= LANES_KEPT) evictOldest()
      lane ??= openLane(origin, rules)
      lanes.set(key, lane)
      lane.inFlight += 1
      lane.dialer.limitMs = timeoutMs
      return lane
    },
    release(lane) {
      lane.inFlight -= 1
      lane.lastUsedAtMs = performance.now()
      // Nobody waits for the connections that are still being opened.
      if (lane.inFlight === 0) lane.dialer.cut()
    },
    async [Symbol.asyncDispose]() {
      clearInterval(sweeper)
      const open = [...closing, ...lanes.values()]
      lanes.clear()
      for (const { dialer } of open) dialer.cut()
      await Promise.all(open.map(({ pool }) => pool.destroy(abortedFailure())))
    },
  }
}

function openLane(origin: string, rules: DialRules): Lane {
  const dialer = createDialer(rules)
  const pool = new Pool(origin, { ...poolOptions, connect: dialer.connect })
  return { pool, dialer, inFlight: 0, lastUsedAtMs: performance.now() }
}

function sweep(lanes: Map<string, Lane>): void {
  const idleSinceMs = performance.now() - LANE_IDLE_MS
  for (const [key, lane] of lanes) {
    if (lane.inFlight > 0 || lane.lastUsedAtMs > idleSinceMs) continue
    lanes.delete(key)
    void lane.pool.destroy()
  }
}
