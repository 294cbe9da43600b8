import { Pool } from 'undici'
import { createDialer, type Dialer } from './connect.ts'
import type { DialRules } from './dial.ts'
import { abortedFailure } from './failure.ts'

/** The connections of one pool key to one origin. */
interface Lane {
  readonly pool: Pool
  readonly dialer: Dialer
  inFlight: number
  /** By performance.now(), as is the next. */
  readonly openedAtMs: number
  lastUsedAtMs: number
}

/** The lanes that are open; disposing them cuts what is under way. */
export interface Pools extends AsyncDisposable {
  /** Counts a send in and returns its lane; give the lane back by `release`. */
  take(poolKey: string, url: URL, timeoutMs: number): Lane
  release(lane: Lane): void
}

/** Lanes that are kept; the one longest unused goes first. */
const LANES_KEPT = 1_000
/** A lane is closed after this time without sends. Its sockets have been closed long before. */
const LANE_IDLE_MS = 60_000
/**
 * A lane of this age gives way to a new one: a busy connection would outlive for ever the DNS answer that it was vetted
 * by. undici's clientTtl does this too, but looks at all connections at every send (34,000 sends/s instead of 43,000).
 */
const LANE_AGE_MS = 120_000
const SWEEP_MS = 15_000

const poolOptions = {
  connections: 64,
  pipelining: 1,
  allowH2: false,
  keepAliveTimeout: 4_000,
  keepAliveMaxTimeout: 30_000,
  // The deadline of the send covers both.
  headersTimeout: 0,
  bodyTimeout: 0,
  maxHeaderSize: 16_384,
} as const

/** Starts a sweep every 15 seconds that does not keep the process alive. */
export function createPools(rules: DialRules): Pools {
  // In the order of last use, so that the first is the one to evict.
  const lanes = new Map<string, Lane>()
  const closing = new Set<Lane>()
  const sweeper = setInterval(sweep, SWEEP_MS).unref()

  function sweep(): void {
    const nowMs = performance.now()
    for (const [key, lane] of lanes) {
      const isIdle = lane.inFlight === 0 && nowMs - lane.lastUsedAtMs >= LANE_IDLE_MS
      if (isIdle || nowMs - lane.openedAtMs >= LANE_AGE_MS) retire(key, lane)
    }
  }

  /** Sends under way in the lane are finished; the next one opens a new lane. */
  function retire(key: string, lane: Lane): void {
    lanes.delete(key)
    closing.add(lane)
    void lane.pool.close().finally(() => closing.delete(lane))
  }

  return {
    take(poolKey, { origin }, timeoutMs) {
      const key = `${origin} ${poolKey}`
      let lane = lanes.get(key)
      if (lane) lanes.delete(key)
      else if (lanes.size >= LANES_KEPT) retire(...lanes.entries().next().value!)
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
  const openedAtMs = performance.now()
  return { pool, dialer, inFlight: 0, openedAtMs, lastUsedAtMs: openedAtMs }
}
