/** How many of something an owner may have at once; 0: no limit. */
export interface Place {
  readonly owner: string
  readonly max: number
}

export interface Places {
  /** One of each, or undefined when one of the owners has none left. Disposing gives them back. */
  take(places: readonly Place[]): Disposable | undefined
  /** The same once they are free, in the order of asking; the signal ends the waiting. undefined: too many wait already. */
  wait(places: readonly Place[], options: { maxWaiting: number; signal?: AbortSignal }): Promise<Disposable | undefined>
  used(owner: string): number
}

interface Waiting {
  readonly places: readonly Place[]
  readonly onTurn: (taken: Disposable) => void
}

export function createPlaces(): Places {
  const inUse = new Map<string, number>()
  /** By the owner that counts who waits. */
  const queues = new Map<string, Set<Waiting>>()
  const used = (owner: string) => inUse.get(owner) ?? 0

  function add(owner: string, count: number): void {
    const now = used(owner) + count
    if (now === 0) inUse.delete(owner)
    else inUse.set(owner, now)
  }

  function take(places: readonly Place[]): Disposable | undefined {
    if (places.some(({ owner, max }) => max > 0 && used(owner) >= max)) return undefined
    for (const { owner } of places) add(owner, 1)
    let isTaken = true
    return {
      [Symbol.dispose]() {
        if (!isTaken) return
        isTaken = false
        for (const { owner } of places) add(owner, -1)
        admitWaiting()
      },
    }
  }

  function admitWaiting(): void {
    for (const queue of queues.values()) {
      for (const waiting of queue) if (!admit(waiting, queue)) break
    }
  }

  function admit(waiting: Waiting, queue: Set<Waiting>): boolean {
    const taken = take(waiting.places)
    if (!taken) return false
    leave(waiting, queue)
    waiting.onTurn(taken)
    return true
  }

  function leave(waiting: Waiting, queue: Set<Waiting>): void {
    queue.delete(waiting)
    const { owner } = waiting.places[0]!
    if (queue.size === 0 && queues.get(owner) === queue) queues.delete(owner)
  }

  function queueOf(owner: string): Set<Waiting> {
    const queue = queues.get(owner) ?? new Set<Waiting>()
    queues.set(owner, queue)
    return queue
  }

  return {
    take,
    used,
    async wait(places, { maxWaiting, signal }) {
      const queue = queueOf(places[0]!.owner)
      const taken = queue.size === 0 ? take(places) : undefined
      if (taken || queue.size >= maxWaiting) {
        if (queue.size === 0) queues.delete(places[0]!.owner)
        return taken
      }
      signal?.throwIfAborted()
      return new Promise((resolve, reject) => {
        const waiting = { places, onTurn: resolve }
        queue.add(waiting)
        signal?.addEventListener('abort', () => {
          if (!queue.has(waiting)) return
          leave(waiting, queue)
          reject(signal.reason)
        })
      })
    },
  }
}
