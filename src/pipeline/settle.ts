import { setTimeout } from 'node:timers/promises'
import { idToUuid } from '../domain/id.ts'
import type { Bell } from '../store/bell.ts'
import { newId } from '../store/new-id.ts'
import {
  type DeliveryChange,
  type DestinationEvidence,
  insertAttempts,
  moveHealth,
  type NewAttempt,
  updateDeliveries,
} from '../store/settlement.ts'
import { isDataError, type Sql } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { AttemptRecord, AttemptResult } from './attempt-result.ts'
import { coalesce } from './coalesce.ts'

/** Resolves when the result is committed, or when the lease turned out to be lost and it was dropped. */
export type Settle = (result: AttemptResult) => Promise<void>

const MAX_BATCH = 500
/** While Postgres is away: how often it is tried, and after how many tries the leases are surely lost. */
const RETRY_EVERY_MS = 1_000
const MAX_TRIES = 120

/**
 * Writes finished attempts down, many at a time: one transaction takes the jobs away, inserts the attempts, moves
 * deliveries and health, and inserts the retries. Nothing is settled whose lease was lost.
 */
export function createSettle({ store, bell }: { store: Store; bell: Bell }): Settle {
  return coalesce<AttemptResult, void>({
    flush: async (results) => {
      await whenAvailable(() => store.transaction((tx) => settleBatch(store, tx, results)))
      bell.ring('attempt')
      return results.map(() => undefined)
    },
    maxWeight: MAX_BATCH,
    splitOn: isDataError,
  })
}

async function whenAvailable(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if (isDataError(error) || tries === MAX_TRIES) throw error
      await setTimeout(RETRY_EVERY_MS)
    }
  }
}

async function settleBatch(store: Store, tx: Sql, results: readonly AttemptResult[]): Promise<void> {
  const held = await store.jobs.finish(
    tx,
    results.map((result) => result.lease),
  )
  const own = results.filter((result) => held.has(result.lease.id))
  if (own.length === 0) return
  const tried = own.filter((result): result is Tried => result.attempt !== undefined)
  if (tried.length > 0) await insertAttempts(tx, tried.map(toNewAttempt), store.feedEpoch)
  await updateDeliveries(tx, own.map(toChange))
  const evidence = gatherEvidence(tried)
  if (evidence.length > 0) await moveHealth(tx, evidence, new Date())
  await store.jobs.insert(
    tx,
    own.flatMap(({ delivery, status, dueAt }) => (status === 'PENDING' ? { id: delivery.id, startAfter: dueAt } : [])),
  )
}

type Tried = AttemptResult & { readonly attempt: AttemptRecord }

function toNewAttempt({ delivery, attempt }: Tried): NewAttempt {
  const { outcome } = attempt
  return {
    id: idToUuid(newId('att')),
    application_id: delivery.applicationId,
    organization_id: delivery.organizationId,
    delivery_id: delivery.id,
    destination_id: delivery.destinationId,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    number: delivery.attemptCount + 1,
    started_at: attempt.startedAt,
    duration_ms: attempt.durationMs,
    outcome: outcome.outcome,
    failure_kind: outcome.failureKind ?? null,
    error_message: outcome.message ?? null,
    retry_at: attempt.retryAt ?? null,
    request: attempt.request ?? null,
    request_body: attempt.requestBody ?? null,
    profile_version: attempt.profileVersion,
    response: attempt.response ?? null,
  }
}

function toChange({ delivery, status, dueAt, attempt }: AttemptResult): DeliveryChange {
  return {
    id: delivery.id,
    status,
    expected_count: delivery.attemptCount,
    attempt_count: delivery.attemptCount + (attempt ? 1 : 0),
    next_attempt_at: dueAt ?? null,
  }
}

/** What the attempts of a batch say of each destination. A person's test says nothing. */
function gatherEvidence(tried: readonly Tried[]): DestinationEvidence[] {
  const byDestination = new Map<string, DestinationEvidence>()
  for (const { delivery, attempt } of tried) {
    if (delivery.trigger === 'TEST') continue
    const endedAt = new Date(attempt.startedAt.getTime() + attempt.durationMs)
    const before = byDestination.get(delivery.destinationId)
    const base = { destinationId: delivery.destinationId, policy: attempt.profile }
    byDestination.set(
      delivery.destinationId,
      attempt.outcome.outcome === 'SUCCESS'
        ? { ...base, succeededAt: endedAt, failures: 0, firstFailureAt: undefined, disable: before?.disable }
        : {
            ...base,
            succeededAt: before?.succeededAt,
            failures: (before?.failures ?? 0) + 1,
            firstFailureAt: before?.firstFailureAt ?? endedAt,
            disable: attempt.outcome.disable ?? before?.disable,
          },
    )
  }
  return [...byDestination.values()]
}
