import { idToUuid, uuidFloor } from '../domain/id.ts'
import { refused } from '../domain/refused.ts'
import type { Scope } from '../domain/scope.ts'
import type { DeliveryStatus } from '../store/delivery.ts'
import { findDestination } from '../store/destination.ts'
import { newId } from '../store/new-id.ts'
import { countRecoverable, RecoveryJob } from '../store/recovery-job.ts'
import type { Store } from '../store/store.ts'

export interface RecoveryRequest {
  readonly id: string
  readonly from: Date | undefined
  readonly to: Date | undefined
  readonly statuses: readonly DeliveryStatus[]
  readonly dryRun: boolean
}

export interface Recovery {
  /** Null for a dry run. */
  readonly job: RecoveryJob | null
  readonly matched: { readonly value: number; readonly exact: boolean } | null
}

const COUNTED = 10_000
const recoverable: readonly DeliveryStatus[] = ['FAILED', 'CANCELLED', 'SKIPPED']

/** Sends again what a destination did not get of a time; what arrived since, or is on its way, is left out. */
export async function recoverDestination(store: Store, scope: Scope, request: RecoveryRequest): Promise<Recovery> {
  const em = store.em()
  const destination = await findDestination(em, scope, request.id)
  const { from, to, statuses } = request
  if (from && to && from >= to) throw refused('INVALID', 'ends before it begins', ['input', 'range'])
  if (statuses.length === 0) throw refused('REQUIRED', 'holds no status', ['input', 'statuses'])
  const other = statuses.find((status) => !recoverable.includes(status))
  if (other)
    throw refused('INVALID', `holds ${other}; FAILED, CANCELLED and SKIPPED can be recovered`, ['input', 'statuses'])
  if (destination.inactiveSince) throw refused('CONFLICT', 'is switched off', ['input', 'id'])
  const range = {
    statuses: [...new Set(statuses)],
    fromId: uuidFloor(from?.getTime() ?? 0),
    toId: uuidFloor((to ?? new Date()).getTime()),
  }
  if (request.dryRun) {
    const inTable = { ...range, destinationId: idToUuid(destination.id) }
    const value = await countRecoverable(store.reads, inTable, COUNTED + 1)
    return { job: null, matched: { value: Math.min(value, COUNTED), exact: value <= COUNTED } }
  }
  const job = em.create(RecoveryJob, {
    id: newId('rec'),
    applicationId: destination.applicationId,
    destinationId: destination.id,
    status: 'QUEUED',
    ...range,
    cursorId: uuidFloor(0),
    matched: 0,
    enqueued: 0,
    createdAt: new Date(),
  })
  await em.flush()
  store.notifier.wake('waiting')
  return { job, matched: null }
}
