import { setTimeout as pause } from 'node:timers/promises'

/** Objects of lists that an organization is answered at once. */
const AT_ONCE = 32
/** An object with what is asked of it takes about a third of that. */
const OBJECT_MS = 2
/** Objects are let through in groups: what they look up, they look up together. */
const GROUP_MS = 32

/** Answers the objects of long lists a few at a time, so that others have the event loop in between. */
export interface Slices {
  /** The same objects, each there when it is its turn. */
  spread<T>(owner: string, objects: readonly T[]): readonly (T | Promise<T>)[]
}

/** Maximum owners kept. Beyond it, those that wait for nothing are forgotten. */
const MAX_OWNERS = 10_000

export function createSlices(nowMs: () => number): Slices {
  const nextAtMs = new Map<string, number>()

  function forgetIdle(now: number): void {
    for (const [owner, at] of nextAtMs) if (at <= now) nextAtMs.delete(owner)
  }

  return {
    spread(owner, objects) {
      const now = nowMs()
      const from = Math.max(0, (nextAtMs.get(owner) ?? 0) - now)
      nextAtMs.set(owner, now + from + objects.length * OBJECT_MS)
      if (nextAtMs.size > MAX_OWNERS) forgetIdle(now)
      return objects.map((object, n) => {
        const delayMs = from + (n - AT_ONCE) * OBJECT_MS
        return delayMs < GROUP_MS ? object : pause(delayMs - (delayMs % GROUP_MS), object)
      })
    },
  }
}
