import type { Evaluator } from '../evaluate/evaluator.ts'
import { enqueue } from '../queue/enqueue.ts'
import { startLoop } from '../store/loop.ts'
import type { Store } from '../store/store.ts'
import type { Transaction } from '../store/transaction.ts'
import { type Catalogue, createCatalogue } from './catalogue.ts'
import { checkStored, readJson, type StoredEvent } from './check-stored.ts'
import { rewriteData, stayAwake, takeOutbox } from './outbox-sql.ts'
import { lockOrganizations, type NewEvent, publishStored } from './publish-sql.ts'
import { rejectEvents } from './reject-events.ts'

const SLICE = 200
/** Poll interval while events keep coming; publishers do not NOTIFY then. */
const BUSY_EVERY_MS = 20
/** How long after the last event we keep polling at that rate. */
const AWAKE_MS = 1_000
/** Grace on top: a publisher that saw us polling may not have committed yet. */
const SLACK_MS = 500
/** Poll interval when idle; NOTIFY normally wakes us sooner. */
const QUIET_EVERY_MS = 1_000

/** Checks events that were published by SQL as soon as they are committed, and makes their deliveries. */
export function startOutbox({ store, evaluator, onError }: OutboxOptions): AsyncDisposable {
  const catalogue = createCatalogue(evaluator)
  let awakeUntilMs = 0
  return startLoop({
    notifier: store.notifier,
    on: 'outbox',
    onError,
    async work() {
      const count = await store.transaction((tx) => take(tx, catalogue))
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
  readonly evaluator: Evaluator
  readonly onError: (error: unknown) => void
}

/**
 * Whatever is wrong with an event ends with that event: those behind it in the outbox go on. Deliveries and rejections are
 * committed with the removal from the outbox, so that neither is lost or made twice.
 */
async function take(tx: Transaction, catalogue: Catalogue): Promise<number> {
  const found = await takeOutbox(tx, SLICE)
  if (found.length === 0) return 0
  // Before any of their rows is written: an organization that is being deleted would wait for those, and we for it.
  const alive = await lockOrganizations(
    tx,
    found.map((event) => event.organizationId),
  )
  const read = found.filter((event) => alive.has(event.organizationId)).map(readData)
  const problems = await checkStored(tx, catalogue, read)
  await rewriteData(
    tx,
    read.filter((one) => one.isRewritten).map((one) => one.event),
  )
  await rejectEvents(
    tx,
    read.flatMap(({ event }, i) => (problems[i]!.length > 0 ? { event, problems: problems[i]! } : [])),
  )
  await deliver(
    tx,
    read.filter((_, i) => problems[i]!.length === 0).map((one) => one.event),
  )
  return found.length
}

async function deliver(tx: Transaction, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return
  const { queued, held } = await publishStored(tx, events)
  if (held.length > 0) await enqueue(tx, held)
  if (queued > 0) tx.wake('due')
}

interface ReadEvent extends StoredEvent {
  readonly event: NewEvent
  /** Whether its bytes are others than those stored. */
  readonly isRewritten: boolean
}

/** With the bytes that the mutation would have stored: SQL keeps blanks, escapes and keys that come twice. */
function readData(event: NewEvent): ReadEvent {
  const data = readJson(event.data)
  if (data === undefined) return { event, data, isRewritten: false }
  const json = JSON.stringify(data)
  return { event: { ...event, data: json, dataBytes: Buffer.byteLength(json) }, data, isRewritten: json !== event.data }
}
