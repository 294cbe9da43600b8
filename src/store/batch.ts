export interface CoalesceOptions<T, R> {
  /** Handles a batch; its results stand in the order of the items. */
  readonly flush: (items: readonly T[]) => Promise<readonly R[]>
  /** Most weight of one batch. One item that is heavier goes alone. */
  readonly maxWeight: number
  readonly weigh?: (item: T) => number
  /** Most items waiting; one more is refused with `overflow()`. */
  readonly maxWaiting?: number
  readonly overflow?: () => Error
  /** True for errors that one item of the batch may have caused: the batch is then split until only that item fails. */
  readonly splitOn?: (error: unknown) => boolean
}

interface Waiting<T, R> {
  readonly item: T
  readonly resolve: (result: R) => void
  readonly reject: (error: unknown) => void
}

/**
 * Makes one batch of what is asked for at the same time, without a timer: one flush is in flight, and what
 * arrives meanwhile goes with the next. A lone item waits for nobody.
 */
export function coalesce<T, R>(options: CoalesceOptions<T, R>): (item: T) => Promise<R> {
  const waiting: Waiting<T, R>[] = []
  let flushing = false

  async function drain(): Promise<void> {
    flushing = true
    while (waiting.length > 0) await settle(take(waiting, options), options)
    flushing = false
  }

  return (item) =>
    new Promise<R>((resolve, reject) => {
      if (options.overflow && waiting.length >= (options.maxWaiting ?? Number.POSITIVE_INFINITY)) {
        reject(options.overflow())
        return
      }
      waiting.push({ item, resolve, reject })
      // Starting a microtask later lets everything that is asked for in this turn into the first batch.
      if (!flushing) {
        flushing = true
        queueMicrotask(() => void drain())
      }
    })
}

function take<T, R>(waiting: Waiting<T, R>[], { weigh, maxWeight }: CoalesceOptions<T, R>): Waiting<T, R>[] {
  let weight = 0
  let count = 0
  for (const { item } of waiting) {
    weight += weigh ? weigh(item) : 1
    if (count > 0 && weight > maxWeight) break
    count += 1
  }
  return waiting.splice(0, count)
}

async function settle<T, R>(batch: readonly Waiting<T, R>[], options: CoalesceOptions<T, R>): Promise<void> {
  try {
    const results = await options.flush(batch.map(({ item }) => item))
    batch.forEach(({ resolve }, index) => {
      resolve(results[index]!)
    })
  } catch (error) {
    if (batch.length > 1 && options.splitOn?.(error)) {
      const half = batch.length >> 1
      await settle(batch.slice(0, half), options)
      await settle(batch.slice(half), options)
      return
    }
    for (const { reject } of batch) reject(error)
  }
}
