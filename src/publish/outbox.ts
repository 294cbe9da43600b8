import { enqueue } from '../queue/enqueue.ts'
import { createAlarm } from '../store/alarm.ts'
import type { Bell, BellKind } from '../store/bell.ts'
import type { Sql } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { rewriteData, stayAwake, takeOutbox } from './outbox-sql.ts'
import { type NewEvent, publishStored } from './publish-sql.ts'

const SLICE = 200
/** Under traffic it looks so often, and is not rung for; */
const BUSY_EVERY_MS = 20
/** for so long after the last event, */
const AWAKE_MS = 1_000
/** and a little longer: who saw that it is awake may still be committing. */
const SLACK_MS = 500
/** Otherwise it is rung for; a ring may be lost. */
const QUIET_EVERY_MS = 1_000

/** Makes the deliveries of events that were published by SQL, as soon as they are committed. */
export function startOutbox(options: { store: Store; bell: Bell; onError: (error: unknown) => void }): AsyncDisposable {
  const { store, bell, onError } = options
  const alarm = createAlarm()
  let stopped = false
  let awakeUntilMs = 0

  async function look(): Promise<void> {
    for (let count = SLICE; count === SLICE && !stopped; ) {
      const taken = await store.transaction((tx) => take(tx))
      for (const kind of taken.rings) bell.ring(kind)
      count = taken.count
      const nowMs = performance.now()
      // Said again when half of it has gone, not each time.
      if (count > 0 && nowMs + AWAKE_MS / 2 > awakeUntilMs) {
        awakeUntilMs = nowMs + AWAKE_MS
        await stayAwake(store.sql, AWAKE_MS)
      }
    }
  }

  async function run(): Promise<void> {
    while (!stopped) {
      try {
        await look()
      } catch (error) {
        onError(error)
      }
      const isAwake = performance.now() < awakeUntilMs + SLACK_MS
      await alarm.wait(isAwake ? BUSY_EVERY_MS : QUIET_EVERY_MS)
    }
  }

  const offBell = bell.on('outbox', alarm.wake)
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      stopped = true
      offBell()
      alarm.wake()
      await running
    },
  }
}

async function take(tx: Sql): Promise<{ count: number; rings: readonly BellKind[] }> {
  const found = await takeOutbox(tx, SLICE)
  if (found.length === 0) return { count: 0, rings: [] }
  const events = found.map(asMutationHasIt)
  await rewriteData(
    tx,
    events.filter((event, i) => event.data !== found[i]!.data),
  )
  const { queued, held } = await publishStored(tx, events)
  const rings = held.length > 0 ? await enqueue(tx, held) : []
  return { count: found.length, rings: queued > 0 ? [...rings, 'due'] : rings }
}

/** The bytes that the mutation would have stored: SQL keeps blanks, escapes and keys that come twice. */
function asMutationHasIt(event: NewEvent): NewEvent {
  const data = compact(event.data)
  return { ...event, data, dataBytes: Buffer.byteLength(data) }
}

/** As it is where Postgres takes for JSON what we do not: one event must not stop those behind it. */
function compact(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json))
  } catch {
    return json
  }
}
