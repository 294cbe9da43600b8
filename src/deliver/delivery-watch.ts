import type { Id } from '../domain/id.ts'
import { Delivery } from '../store/delivery.ts'
import { startLoop } from '../store/loop.ts'
import type { Store } from '../store/store.ts'
import { createWakeFlag } from '../store/wake-flag.ts'

export interface DeliveryWatch extends AsyncDisposable {
  /** The delivery as it stands, then at each change, until it is finished or the signal ends it. */
  watch(id: Id<'dlv'>, signal: AbortSignal): AsyncGenerator<Delivery, void, void>
}

const POLL_MS = 1_000

/** All watched deliveries of a process are read by one query whenever attempts were committed. */
export function openDeliveryWatch(options: { store: Store; onError: (error: unknown) => void }): DeliveryWatch {
  const { store, onError } = options
  const watchers = new Map<Id<'dlv'>, Set<(delivery: Delivery | undefined) => void>>()
  let stopped = false

  const loop = startLoop({
    notifier: store.notifier,
    on: 'attempt',
    onError,
    async work() {
      const ids = [...watchers.keys()]
      if (ids.length === 0) return POLL_MS
      const found = new Map((await store.em().find(Delivery, { id: { $in: ids } })).map((one) => [one.id, one]))
      for (const id of ids) for (const notify of watchers.get(id) ?? []) notify(found.get(id))
      return POLL_MS
    },
  })

  async function* watch(id: Id<'dlv'>, signal: AbortSignal): AsyncGenerator<Delivery, void, void> {
    const changed = createWakeFlag()
    let latest: Delivery | undefined
    let gone = false
    const notify = (delivery: Delivery | undefined) => {
      gone = !delivery
      if (delivery) latest = delivery
      changed.wake()
    }
    const own = watchers.get(id) ?? new Set()
    watchers.set(id, own.add(notify))
    signal.addEventListener('abort', changed.wake, { once: true })
    loop.wake()
    try {
      let shown: string | undefined
      while (!signal.aborted && !stopped && !gone) {
        if (latest && stateOf(latest) !== shown) {
          shown = stateOf(latest)
          yield latest
          if (latest.status !== 'PENDING') return
        } else {
          await changed.wait(POLL_MS)
        }
      }
    } finally {
      own.delete(notify)
      if (own.size === 0) watchers.delete(id)
    }
  }

  return {
    watch,
    async [Symbol.asyncDispose]() {
      stopped = true
      for (const own of watchers.values()) for (const notify of own) notify(undefined)
      await loop[Symbol.asyncDispose]()
    },
  }
}

function stateOf(delivery: Delivery): string {
  return `${delivery.status} ${delivery.attemptCount} ${delivery.nextAttemptAt?.getTime() ?? ''}`
}
