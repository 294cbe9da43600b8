import { Pool } from 'undici'
import { createDialer, type Dialer } from './connect.ts'
import type { DialRules } from './dial.ts'
import { abortedFailure } from './failure.ts'

/** The connections of one pool key to one origin. */
interface PoolEntry {
  readonly pool: Pool
  readonly dialer: Dialer
  inFlight: number
  /** By performance.now(), as is the next. */
  readonly openedAtMs: number
  lastUsedAtMs: number
}

/** The pools that are open; disposing them cuts what is under way. */
export interface Pools extends AsyncDisposable {
  /** Counts a send in and returns its pool; give the pool back by `release`. */
  take(poolKey: string, url: URL, timeoutMs: number): PoolEntry
  release(entry: PoolEntry): void
}

/** Maximum pools kept. The one longest unused is closed first. */
const POOLS_KEPT = 1_000
/** A pool is closed after this time without sends. Its sockets have been closed long before. */
const POOL_IDLE_MS = 60_000
/**
 * A pool of this age gives way to a new one: a busy connection would outlive for ever the DNS answer that it was vetted
 * by. undici's clientTtl does this too, but looks at all connections at every send (34,000 sends/s instead of 43,000).
 */
const POOL_AGE_MS = 120_000
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
  const entries = new Map<string, PoolEntry>()
  const closing = new Set<PoolEntry>()
  const sweeper = setInterval(sweep, SWEEP_MS).unref()

  function sweep(): void {
    const nowMs = performance.now()
    for (const [key, entry] of entries) {
      const isIdle = entry.inFlight === 0 && nowMs - entry.lastUsedAtMs >= POOL_IDLE_MS
      if (isIdle || nowMs - entry.openedAtMs >= POOL_AGE_MS) retire(key, entry)
    }
  }

  /** Sends under way in the pool are finished; the next one opens a new pool. */
  function retire(key: string, entry: PoolEntry): void {
    entries.delete(key)
    closing.add(entry)
    void entry.pool.close().finally(() => closing.delete(entry))
  }

  return {
    take(poolKey, { origin }, timeoutMs) {
      const key = `${origin} ${poolKey}`
      let entry = entries.get(key)
      if (entry) entries.delete(key)
      else if (entries.size >= POOLS_KEPT) retire(...entries.entries().next().value!)
      entry ??= openEntry(origin, rules)
      entries.set(key, entry)
      entry.inFlight += 1
      entry.dialer.limitMs = timeoutMs
      return entry
    },
    release(entry) {
      entry.inFlight -= 1
      entry.lastUsedAtMs = performance.now()
      // Nobody waits for the connections that are still being opened.
      if (entry.inFlight === 0) entry.dialer.cut()
    },
    async [Symbol.asyncDispose]() {
      clearInterval(sweeper)
      const open = [...closing, ...entries.values()]
      entries.clear()
      for (const { dialer } of open) dialer.cut()
      await Promise.all(open.map(({ pool }) => pool.destroy(abortedFailure())))
    },
  }
}

function openEntry(origin: string, rules: DialRules): PoolEntry {
  const dialer = createDialer(rules)
  const pool = new Pool(origin, { ...poolOptions, connect: dialer.connect })
  const openedAtMs = performance.now()
  return { pool, dialer, inFlight: 0, openedAtMs, lastUsedAtMs: openedAtMs }
}
