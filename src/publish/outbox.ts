import type { Uuid } from '../domain/id.ts'
import type { Problem } from '../domain/refused.ts'
import type { Evaluator } from '../evaluate/evaluator.ts'
import { enqueue } from '../queue/enqueue.ts'
import { startLoop } from '../store/loop.ts'
import type { Store } from '../store/store.ts'
import type { Transaction } from '../store/transaction.ts'
import { type Catalogue, createCatalogue } from './catalogue.ts'
import { checkStored, readJson } from './check-stored.ts'
import { createLongChecks, type LongChecks, type ReadEvent } from './long-checks.ts'
import { type OutboxEvent, putBack, rewriteData, stayAwake, takeOutbox } from './outbox-sql.ts'
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
  const long = createLongChecks(catalogue, onError)
  let awakeUntilMs = 0
  return startLoop({
    notifier: store.notifier,
    on: 'outbox',
    onError,
    async work() {
      const { count, unchecked } = long.isFull ? nothing : await store.transaction((tx) => take(tx, catalogue, long))
      long.begin(unchecked)
      const nowMs = performance.now()
      // Said again when half of it has gone, not each time.
      if (count > 0 && nowMs + AWAKE_MS / 2 > awakeUntilMs) {
        awakeUntilMs = nowMs + AWAKE_MS
        await stayAwake(store.sql, AWAKE_MS)
      }
      if (count === SLICE) return 0
      const isBusy = long.waiting.length > 0 || performance.now() < awakeUntilMs + SLACK_MS
      return isBusy ? BUSY_EVERY_MS : QUIET_EVERY_MS
    },
  })
}

interface OutboxOptions {
  readonly store: Store
  readonly evaluator: Evaluator
  readonly onError: (error: unknown) => void
}

interface Taken {
  /** Events looked at. */
  readonly count: number
  /** Of these, those whose data is to be checked in another process. They are in the outbox again. */
  readonly unchecked: readonly ReadEvent[]
}

const nothing: Taken = { count: 0, unchecked: [] }

/**
 * Whatever is wrong with an event ends with that event: those behind it in the outbox go on. Deliveries and rejections are
 * committed with the removal from the outbox, so that neither is lost or made twice.
 */
async function take(tx: Transaction, catalogue: Catalogue, long: LongChecks): Promise<Taken> {
  const checkedBefore = long.collect()
  const found = await takeOutbox(tx, { limit: SLICE, except: long.waiting })
  if (found.length === 0) return nothing
  // Before any of their rows is written: an organization that is being deleted would wait for those, and we for it.
  const alive = await lockOrganizations(
    tx,
    found.map((event) => event.organizationId),
  )
  const read = found
    .filter((event) => alive.has(event.organizationId))
    .map((event) => checkedBefore.get(event.id) ?? readData(event))
  const problems = await checkStored(tx, catalogue, read)
  const { ready, held, unchecked } = sort(read.map((one, i) => ({ one, problems: problems[i] })))
  await putBack(
    tx,
    held.map(({ event }) => event),
  )
  await finish(tx, ready)
  return { count: found.length, unchecked }
}

interface Checked {
  readonly one: ReadEvent
  readonly problems: readonly Problem[] | undefined
}

/** Of an organization, nothing goes before what was published earlier. */
function sort(events: readonly Checked[]) {
  const waiting = new Set<Uuid<'org'>>()
  const ready: (Checked & { readonly problems: readonly Problem[] })[] = []
  const held: ReadEvent[] = []
  for (const { one, problems } of events) {
    const { organizationId } = one.event
    if (problems && !waiting.has(organizationId)) ready.push({ one, problems })
    else {
      waiting.add(organizationId)
      held.push(one)
    }
  }
  return { ready, held, unchecked: events.filter(({ problems }) => !problems).map(({ one }) => one) }
}

async function finish(tx: Transaction, ready: ReturnType<typeof sort>['ready']): Promise<void> {
  await rewriteData(
    tx,
    ready.filter(({ one }) => one.isRewritten).map(({ one }) => one.event),
  )
  await rejectEvents(
    tx,
    ready.flatMap(({ one, problems }) => (problems.length > 0 ? { event: one.event, problems } : [])),
  )
  await deliver(
    tx,
    ready.filter(({ problems }) => problems.length === 0).map(({ one }) => one.event),
  )
}

async function deliver(tx: Transaction, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return
  const { queued, held } = await publishStored(tx, events)
  if (held.length > 0) await enqueue(tx, held)
  if (queued > 0) tx.wake('due')
}

/** With the bytes that the mutation would have stored: SQL keeps blanks, escapes and keys that come twice. */
function readData(event: OutboxEvent): ReadEvent {
  const { applicationId: applicationUuid, type, deliverAt } = event
  const data = readJson(event.data)
  const dataJson = data === undefined ? event.data : JSON.stringify(data)
  const dataBytes = Buffer.byteLength(dataJson)
  const isRewritten = dataJson !== event.data
  const rewritten = isRewritten ? { ...event, data: dataJson, dataBytes } : event
  return { applicationUuid, type, data, dataJson, dataBytes, deliverAt, event: rewritten, isRewritten }
}
