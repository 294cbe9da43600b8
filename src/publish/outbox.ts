import { enqueue } from '../queue/enqueue.ts'
import { startLoop } from '../store/loop.ts'
import type { Store } from '../store/store.ts'
import type { Transaction } from '../store/transaction.ts'
import { rewriteData, stayAwake, takeOutbox } from './outbox-sql.ts'
import { type NewEvent, publishStored } from './publish-sql.ts'

const SLICE = 200
/** Poll interval while events keep coming; publishers do not NOTIFY then. */
const BUSY_EVERY_MS = 20
/** How long after the last event we keep polling at that rate. */
const AWAKE_MS = 1_000
/** Grace on top: a publisher that saw us polling may not have committed yet. */
const SLACK_MS = 500
/** Poll interval when idle; NOTIFY normally wakes us sooner. */
const QUIET_EVERY_MS = 1_000

/** Makes the deliveries of events that were published by SQL, as soon as they are committed. */
export function startOutbox({ store, onError }: OutboxOptions): AsyncDisposable {
  let awakeUntilMs = 0
  return startLoop({
    notifier: store.notifier,
    on: 'outbox',
    onError,
    async work() {
      const count = await store.transaction(take)
      const nowMs = performance.now()
      // Said again when half of it has gone, not each time.
      if (count > 0 && nowMs + AWAKE_MS / 2 > awakeUntilMs) {
        awakeUntilMs = nowMs + AWAKE_MS
        await stayAwake(store.sql, AWAKE_MS)
      }
      if (count === SLICE) return 0
      return performance.now() < awakeUntilMs + SLACK_MS ? BUSY_EVERY_MS : QUIET_EVERY_MS
    },
  })
}

interface OutboxOptions {
  readonly store: Store
  readonly onError: (error: unknown) => void
}

async function take(tx: Transaction): Promise<number> {
  const found = await takeOutbox(tx, SLICE)
  if (found.length === 0) return 0
  const events = found.map(asMutationHasIt)
  await rewriteData(
    tx,
    events.filter((event, i) => event.data !== found[i]!.data),
  )
  const { queued, held } = await publishStored(tx, events)
  if (held.length > 0) await enqueue(tx, held)
  if (queued > 0) tx.wake('due')
  return found.length
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
