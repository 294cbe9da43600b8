import type { Uuid } from '../domain/id.ts'
import { lockOrganizations } from '../publish/publish-sql.ts'
import { holdDeliveries } from '../queue/hold.ts'
import { startLoop } from '../store/loop.ts'
import { newUuid } from '../store/new-id.ts'
import {
  advanceRecovery,
  beginRecovery,
  countRecoverable,
  endRecovery,
  findOpenRecovery,
  findOrganizationOf,
  findSlice,
  insertRecovered,
  lockRecovery,
  type OpenRecovery,
} from '../store/recovery-job.ts'
import { isUnavailable, type Sql } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { Transaction } from '../store/transaction.ts'

/** Deliveries of one transaction: a longer one would hold back the feed. */
const SLICE = 500
/** Pause between two slices, which leaves the database to others: so long at least, and as long as the last slice took. */
const REST_MS = 20
const POLL_MS = 5_000
const MOST = 2_147_483_647

/**
 * Goes on with recoveries, one slice a transaction: when a process is killed, another continues after its last slice.
 * Recovered deliveries are held behind the destination's live ones, and released as the worker has room.
 */
export function startRecoveries(options: RecoveryOptions): AsyncDisposable {
  return startLoop({
    notifier: options.store.notifier,
    on: 'waiting',
    onError: options.onError,
    async work({ pause }) {
      const startedAt = performance.now()
      if (!(await work(options))) return POLL_MS
      await pause(Math.max(REST_MS, performance.now() - startedAt))
      return 0
    },
  })
}

interface RecoveryOptions {
  readonly store: Store
  /** Maximum deliveries of one transaction. Default 500. */
  readonly slice?: number | undefined
  readonly onError: (error: unknown) => void
}

/** False when there is nothing to do. */
async function work({ store, slice = SLICE, onError }: RecoveryOptions): Promise<boolean> {
  const open = await findOpenRecovery(store.sql)
  if (!open) return false
  try {
    if (open.status === 'QUEUED') await beginRecovery(store.sql, open.id, await countRecoverable(store.sql, open, MOST))
    return await store.transaction((tx) => recoverSlice(tx, open.id, slice))
  } catch (error) {
    if (isUnavailable(error)) throw error
    onError(error)
    await endRecovery(store.sql, open.id, { status: 'FAILED', error: 'Something went wrong on our side' })
    return true
  }
}

/** False when another process has locked it. */
async function recoverSlice(tx: Transaction, id: Uuid<'rec'>, slice: number): Promise<boolean> {
  const recovery = await lockRecovery(tx, id)
  if (!recovery) return false
  tx.wake('waiting')
  const why = await obstacle(tx, recovery)
  if (why) {
    await endRecovery(tx, id, { status: 'CANCELLED', error: why })
    return true
  }
  const { lastId, isLast, events } = await findSlice(tx, recovery, slice)
  const deliveries = events.map((event) => ({
    id: newUuid<'dlv'>(),
    eventId: event.id,
    organizationId: event.organizationId,
    eventType: event.type,
  }))
  if (deliveries.length > 0) {
    await insertRecovered(tx, recovery, deliveries)
    const { destinationId } = recovery
    await holdDeliveries(
      tx,
      deliveries.map((delivery) => ({ deliveryId: delivery.id, destinationId, lane: 'RECOVERED' as const })),
    )
  }
  await advanceRecovery(tx, id, { cursorId: lastId, enqueued: deliveries.length, isDone: isLast })
  return true
}

async function obstacle(tx: Sql, { destinationId }: OpenRecovery): Promise<string | undefined> {
  const organizationId = await findOrganizationOf(tx, destinationId)
  const isThere = organizationId && (await lockOrganizations(tx, [organizationId])).has(organizationId)
  return isThere ? undefined : 'The destination was deleted'
}
