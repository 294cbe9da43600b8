import { type ConnectorRegistry, keysWithOnDelete } from '../connector/registry.ts'
import { finishLeases } from '../queue/jobs.ts'
import { insertWaiting, LIVE_POSITION, type NewWaiting, RECOVERED_POSITION } from '../queue/waiting.ts'
import { coalesce } from '../store/batch.ts'
import { newUuid } from '../store/new-id.ts'
import { retryWhileUnavailable } from '../store/retry-while-unavailable.ts'
import { isUnavailable } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { Transaction } from '../store/transaction.ts'
import type { AttemptRecord, AttemptResult } from './attempt-result.ts'
import { type DestinationEvidence, moveHealth } from './health-sql.ts'
import { deleteDestinations } from './remove-destination.ts'
import { type DeliveryChange, type NewAttempt, settleDeliveries } from './settle-sql.ts'
import { tellOperations } from './tell-operations.ts'

/** Resolves when the result is committed, or when the lease turned out to be lost and it was dropped. */
export type Settle = (result: AttemptResult) => Promise<void>

const MAX_BATCH = 500

export interface SettleParts {
  readonly store: Store
  readonly connectors: ConnectorRegistry
  /** Aborted when the process has no time left: then nobody waits for Postgres any more. */
  readonly cut: AbortSignal
  /** Told when something waits, or may go on. */
  readonly onWaiting: () => void
  readonly onError: (error: unknown) => void
}

/**
 * Writes finished attempts down, many at a time: one transaction takes the jobs away, inserts the attempts, moves
 * deliveries and health, and lets the retries wait for their time. Nothing is settled whose lease was lost.
 */
export function createSettle(parts: SettleParts): Settle {
  const { store, cut, onWaiting, onError } = parts
  // However long it takes: what lost its lease meanwhile is left out then.
  const patience = { signal: cut, onError }
  const settle = coalesce<Settling, void>({
    flush: async (results) => {
      const moved = await retryWhileUnavailable(
        () => store.transaction((tx) => settleBatch(parts, tx, results)),
        patience,
      )
      if (moved) onWaiting()
      return results.map(() => undefined)
    },
    maxWeight: MAX_BATCH,
    splitOn: (error) => !isUnavailable(error),
  })
  return async (result) => {
    // The clock may step while a batch waits for Postgres, and no retry is to wait for as long as it stepped.
    const inMs = result.dueAt && Math.max(0, result.dueAt.getTime() - Date.now())
    const settling = { ...result, dueAtMs: inMs === undefined ? undefined : performance.now() + inMs }
    try {
      await settle(settling)
    } catch (error) {
      if (isUnavailable(error) || !result.attempt) throw error
      // This attempt's own record is at fault. Without it, the delivery would be sent again and again.
      onError(error)
      await settle(withoutRecord(settling, result.attempt))
    }
  }
}

interface Settling extends AttemptResult {
  /** By performance.now(). */
  readonly dueAtMs: number | undefined
}

function withoutRecord(result: Settling, attempt: AttemptRecord): Settling {
  const outcome = { ...attempt.outcome, message: 'What came of this attempt could not be recorded' }
  return {
    ...result,
    attempt: { ...attempt, outcome, request: undefined, requestBody: undefined, response: undefined },
  }
}

/** True when a delivery waits that did not, or may stop waiting. */
async function settleBatch(
  { connectors }: SettleParts,
  tx: Transaction,
  results: readonly Settling[],
): Promise<boolean> {
  const held = await finishLeases(
    tx,
    results.map((result) => result.lease),
  )
  const own = results.filter((result) => held.has(result.lease.id))
  if (own.length === 0) return false
  const tried = own.filter((result): result is Tried => result.attempt !== undefined)
  const pending = await settleDeliveries(tx, own.map(toChange))
  const waiting = own.flatMap((result) =>
    pending.has(result.delivery.id) ? toWaiting(result, held.get(result.delivery.id)!) : [],
  )
  await insertWaiting(tx, waiting)
  const openings = gatherOpenings(own, waiting, held)
  const evidence = gatherEvidence(tried)
  const moves = evidence.length > 0 || openings.size > 0 ? await moveHealth(tx, evidence, openings) : []
  await tellOperations(tx, { moves, givenUp: tried.filter(isGivenUp) })
  const ended = tried.filter(endsSubscription).map(({ delivery }) => delivery.destinationId)
  if (ended.length > 0) {
    await deleteDestinations(tx, { ids: ended, withOnDelete: keysWithOnDelete(connectors) }, undefined)
    tx.wake('connector')
  }
  tx.wake('attempt')
  return waiting.length > 0 || openings.size > 0
}

/** A person's test ends nothing. */
function endsSubscription({ attempt, delivery }: Tried): boolean {
  return attempt.outcome.remove === true && delivery.trigger !== 'TEST'
}

/** A person who tests sees it at once. */
function isGivenUp({ status, delivery }: Tried): boolean {
  return status === 'FAILED' && delivery.trigger !== 'TEST'
}

/** A FIFO line is held by its first until that is finished; anything else waits for its time only. */
function toWaiting(result: Settling, place: number): NewWaiting {
  const { id: deliveryId, destinationId, trigger } = result.delivery
  const own = trigger === 'RECOVERY' ? RECOVERED_POSITION : LIVE_POSITION
  const dueInMs = retryInMs(result) ?? 0
  return { deliveryId, destinationId, dueInMs, state: place > 0 ? 'GATED' : 'TIMED', position: place || own }
}

/** When the FIFO lines of a batch may go on: at once after a finished one, with the retry otherwise. */
function gatherOpenings(
  own: readonly Settling[],
  waiting: readonly NewWaiting[],
  places: ReadonlyMap<string, number>,
): Map<string, number> {
  const retries = new Map(waiting.map((one) => [one.deliveryId, one.dueInMs]))
  return new Map(
    own
      .filter(({ delivery }) => places.get(delivery.id)! > 0)
      .map(({ delivery }) => [delivery.destinationId, retries.get(delivery.id) ?? 0]),
  )
}

type Tried = Settling & { readonly attempt: AttemptRecord }

function toChange(result: Settling): DeliveryChange {
  const { delivery, status, skipReason, attempt } = result
  return {
    id: delivery.id,
    status,
    skipReason,
    expectedCount: delivery.attemptCount,
    retryInMs: retryInMs(result),
    attempt: attempt && toNewAttempt(attempt),
  }
}

function toNewAttempt(attempt: AttemptRecord): NewAttempt {
  const { outcome } = attempt
  return {
    id: newUuid(),
    started_at: attempt.startedAt,
    duration_ms: attempt.durationMs,
    outcome: outcome.outcome,
    failure_kind: outcome.failureKind,
    error_message: outcome.message,
    retry_at: attempt.retryAt,
    request: attempt.request,
    request_body: attempt.requestBody,
    profile_version: attempt.profileVersion,
    response: attempt.response,
  }
}

/** As a delay, because Postgres's clock is not ours. */
function retryInMs({ dueAtMs }: Settling): number | null {
  return dueAtMs === undefined ? null : Math.max(0, dueAtMs - performance.now())
}

/** What the attempts of a batch say of each destination. A person's test, and what never went out, say nothing. */
function gatherEvidence(tried: readonly Tried[]): DestinationEvidence[] {
  const byDestination = new Map<string, DestinationEvidence>()
  for (const { delivery, attempt } of tried) {
    if (delivery.trigger === 'TEST' || !attempt.wasSent) continue
    if (attempt.wasSteady && attempt.outcome.outcome === 'SUCCESS' && !byDestination.has(delivery.destinationId))
      continue
    const endedAt = new Date(attempt.startedAt.getTime() + attempt.durationMs)
    const before = byDestination.get(delivery.destinationId)
    const base = {
      destinationId: delivery.destinationId,
      policy: attempt.profile,
      answered: attempt.isReached || (before?.answered ?? false),
      unreachable: attempt.isReached ? [] : [...(before?.unreachable ?? []), ...unreachable(delivery.id, attempt)],
    }
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

/** What counts against the circuit: connections that fail, and time limits. */
function unreachable(id: string, { outcome }: AttemptRecord): string[] {
  return outcome.failureKind === 'URL_NOT_ALLOWED' ? [] : [id]
}
