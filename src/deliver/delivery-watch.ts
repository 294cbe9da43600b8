import { setTimeout as pause } from 'node:timers/promises'
import type { Id } from '../domain/id.ts'
import { createAlarm } from '../store/alarm.ts'
import type { Bell } from '../store/bell.ts'
import { Delivery } from '../store/delivery.ts'
import type { Store } from '../store/store.ts'

export interface DeliveryWatch extends AsyncDisposable {
  /** The delivery as it stands, then at each change, until it is finished or the signal ends it. */
  watch(id: Id<'dlv'>, signal: AbortSignal): AsyncGenerator<Delivery, void, void>
}

const POLL_MS = 1_000

/** All watched deliveries of a process are read by one query at each ring. */
export function openDeliveryWatch(options: {
  store: Store
  bell: Bell
  onError: (error: unknown) => void
}): DeliveryWatch {
  const { store, bell, onError } = options
  const watchers = new Map<Id<'dlv'>, Set<(delivery: Delivery | undefined) => void>>()
  const alarm = createAlarm()
  let stopped = false

  async function run(): Promise<void> {
    while (!stopped) {
      await alarm.wait(POLL_MS)
      if (watchers.size === 0) continue
      try {
        const ids = [...watchers.keys()]
        const found = new Map((await store.em().find(Delivery, { id: { $in: ids } })).map((one) => [one.id, one]))
        for (const id of ids) for (const notify of watchers.get(id) ?? []) notify(found.get(id))
      } catch (error) {
        onError(error)
        await pause(POLL_MS)
      }
    }
  }

  async function* watch(id: Id<'dlv'>, signal: AbortSignal): AsyncGenerator<Delivery, void, void> {
    const wake = createAlarm()
    let latest: Delivery | undefined
    let gone = false
    const notify = (delivery: Delivery | undefined) => {
      gone = !delivery
      if (delivery) latest = delivery
      wake.wake()
    }
    const own = watchers.get(id) ?? new Set()
    watchers.set(id, own.add(notify))
    signal.addEventListener('abort', wake.wake, { once: true })
    alarm.wake()
    try {
      let shown: string | undefined
      while (!signal.aborted && !stopped && !gone) {
        if (latest && stateOf(latest) !== shown) {
          shown = stateOf(latest)
          yield latest
          if (latest.status !== 'PENDING') return
        } else {
          await wake.wait(POLL_MS)
        }
      }
    } finally {
      own.delete(notify)
      if (own.size === 0) watchers.delete(id)
    }
  }

  const offBell = bell.on('attempt', alarm.wake)
  const running = run()
  return {
    watch,
    async [Symbol.asyncDispose]() {
      stopped = true
      offBell()
      alarm.wake()
      await running
    },
  }
}

function stateOf(delivery: Delivery): string {
  return `${delivery.status} ${delivery.attemptCount} ${delivery.nextAttemptAt?.getTime() ?? ''}`
}
