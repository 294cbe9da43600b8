/** Waiting items, grouped by spender. It takes one of each spender in turn, so that many of one do not hold up another's. */
export interface FairQueue<T> {
  readonly isEmpty: boolean
  add(spender: string, item: T): void
  /** CPU time, microseconds, that an item has taken: more of the same spender's are expected to. */
  spent(spender: string, cpuUs: number): void
  /** The next ones: `most` at most, fewer when they are expected to take long, none when nothing waits. */
  take(most: number): T[]
}

/** CPU time that a batch is expected to take, at most. */
const BATCH_US = 10_000
/** CPU time that is expected of an item whose spender is not known. */
const UNKNOWN_US = 1_000
/** Spenders whose last one is known; the one that is known longest goes first. */
const MAX_KNOWN = 1_000

export function createFairQueue<T>(): FairQueue<T> {
  const waiting = new Map<string, T[]>()
  const lastUs = new Map<string, number>()
  return {
    get isEmpty() {
      return waiting.size === 0
    },
    add(spender, item) {
      const own = waiting.get(spender)
      if (own) own.push(item)
      else waiting.set(spender, [item])
    },
    spent(spender, cpuUs) {
      lastUs.delete(spender)
      lastUs.set(spender, cpuUs)
      if (lastUs.size > MAX_KNOWN) lastUs.delete(lastUs.keys().next().value!)
    },
    take(most) {
      const taken: T[] = []
      let expectedUs = 0
      for (const [spender, items] of waiting) {
        if (taken.length === most || expectedUs > BATCH_US) break
        taken.push(items.shift()!)
        // Added anew, it comes again behind the others in this loop.
        waiting.delete(spender)
        if (items.length > 0) waiting.set(spender, items)
        expectedUs += lastUs.get(spender) ?? UNKNOWN_US
      }
      return taken
    },
  }
}
