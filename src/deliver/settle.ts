import { type ConnectorRegistry, keysWithOnDelete } from '../connector/registry.ts'
import type { Uuid } from '../domain/id.ts'
import { finishLeases } from '../queue/jobs.ts'
import { insertWaiting, laneOf, type NewWaiting } from '../queue/waiting.ts'
import { coalesce } from '../store/batch.ts'
import type { DeliveryStatus } from '../store/delivery.ts'
import { newUuid } from '../store/new-id.ts'
import { retryWhileUnavailable } from '../store/retry-while-unavailable.ts'
import { isUnavailable } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import type { Transaction } from '../store/transaction.ts'
import type { AttemptRecord, AttemptResult } from './attempt-result.ts'
import { type DestinationEvidence, moveHealth } from './health-sql.ts'
import { deleteDestinations } from './remove-destination-sql.ts'
import { type DeliveryChange, type NewAttempt, settleDeliveries } from './settle-sql.ts'
import { tellOperations } from './tell-operations.ts'
import { noteWaitingExpressions } from './waiting-expressions-sql.ts'

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
 * Stores finished attempts, many at a time: one transaction deletes the jobs, inserts the attempts, updates deliveries and
 * health, and schedules the retries. A result whose lease was lost is skipped.
 */
export function createSettle(parts: SettleParts): Settle {
  const { store, cut, onWaiting, onError } = parts
  // Retry for as long as Postgres is down. Results whose lease was lost meanwhile are skipped.
  const retrying = { signal: cut, onError }
  const settle = coalesce<Settling, void>({
    flush: async (results) => {
      const moved = await retryWhileUnavailable(
        () => store.transaction((tx) => settleBatch(parts, tx, results)),
        retrying,
      )
      if (moved) onWaiting()
      return results.map(() => undefined)
    },
    maxWeight: MAX_BATCH,
    splitOn: (error) => !isUnavailable(error),
  })
  return async (result) => {
    // The clock may step while a batch waits for Postgres, and no retry is to wait for as long as it stepped.
    const dueAt = dueTime(result)
    const dueAtMs = dueAt && performance.now() + Math.max(0, dueAt.getTime() - Date.now())
    const settling = { ...result, dueAtMs }
    try {
      await settle(settling)
    } catch (error) {
      if (isUnavailable(error) || settling.kind !== 'attempted') throw error
      // This attempt's own record is at fault. Unless the attempt is stored without it, the delivery would be sent forever.
      onError(error)
      await settle({ ...settling, attempt: withoutExchange(settling.attempt) })
    }
  }
}

type Settling = AttemptResult & {
  /** When the delivery is due again, by performance.now(); undefined when it is finished. */
  readonly dueAtMs: number | undefined
}
type Attempted = Extract<Settling, { kind: 'attempted' }>

function dueTime(result: AttemptResult): Date | undefined {
  if (result.kind === 'postponed') return result.dueAt
  return result.kind === 'attempted' ? result.attempt.retryAt : undefined
}

function withoutExchange(attempt: AttemptRecord): AttemptRecord {
  const outcome = { ...attempt.outcome, message: 'What came of this attempt could not be recorded' }
  return { ...attempt, outcome, sent: attempt.sent && { ...attempt.sent, exchange: undefined } }
}

/** True when a delivery waits that did not, or may stop waiting. */
async function settleBatch(
  { connectors }: SettleParts,
  tx: Transaction,
  results: readonly Settling[],
): Promise<boolean> {
  const finished = await finishLeases(
    tx,
    results.map((result) => result.lease),
  )
  const own = results.filter((result) => finished.has(result.lease.id))
  if (own.length === 0) return false
  const attempted = own.filter((result) => result.kind === 'attempted')
  const pending = await settleDeliveries(tx, own.map(toChange))
  const waiting = own.flatMap((result) =>
    pending.has(result.delivery.id) ? toWaiting(result, finished.get(result.delivery.id)!) : [],
  )
  await insertWaiting(tx, waiting)
  const releases = gatherReleases(own, waiting, finished)
  const evidence = gatherEvidence(attempted)
  const moves = evidence.length > 0 || releases.size > 0 ? await moveHealth(tx, evidence, releases) : []
  const busy = waitsForExpressions(own)
  if (busy.size > 0) await noteWaitingExpressions(tx, busy)
  await tellOperations(tx, { moves, givenUp: attempted.filter(isGivenUp) })
  const ended = attempted.filter(endsSubscription).map(({ delivery }) => delivery.destinationId)
  if (ended.length > 0) {
    await deleteDestinations(tx, { ids: ended, withOnDelete: keysWithOnDelete(connectors) }, undefined)
    tx.wake('connector')
  }
  tx.wake('attempt')
  return waiting.length > 0 || releases.size > 0
}

function waitsForExpressions(results: readonly Settling[]): Map<Uuid<'dst'>, number> {
  const busy = results.filter((result) => result.kind === 'postponed' && result.because === 'EXPRESSIONS')
  return new Map(busy.map((result) => [result.delivery.destinationId, retryInMs(result)!]))
}

/** A person's test ends nothing. */
function endsSubscription({ attempt, delivery }: Attempted): boolean {
  return attempt.outcome.remove === true && delivery.trigger !== 'TEST'
}

/** A person who tests sees it at once. */
function isGivenUp({ attempt, delivery }: Attempted): boolean {
  return statusAfter(attempt) === 'FAILED' && delivery.trigger !== 'TEST'
}

/** The head of a FIFO line holds the others until it is finished; any other retry only waits for its time. */
function toWaiting(result: Settling, lineNo: number | null): NewWaiting {
  const { id: deliveryId, destinationId, trigger } = result.delivery
  const waiting = { deliveryId, destinationId, dueInMs: retryInMs(result) ?? 0 }
  return lineNo === null
    ? { ...waiting, state: 'SCHEDULED', lane: laneOf(trigger) }
    : { ...waiting, state: 'HELD', lane: 'FIFO', lineNo }
}

/** When the FIFO lines of a batch may go on: at once after a finished head, with the retry otherwise. */
function gatherReleases(
  own: readonly Settling[],
  waiting: readonly NewWaiting[],
  lineNos: ReadonlyMap<Uuid<'dlv'>, number | null>,
): Map<Uuid<'dst'>, number> {
  const retries = new Map(waiting.map((one) => [one.deliveryId, one.dueInMs]))
  return new Map(
    own
      .filter(({ delivery }) => lineNos.get(delivery.id) !== null)
      .map(({ delivery }) => [delivery.destinationId, retries.get(delivery.id) ?? 0]),
  )
}

function toChange(result: Settling): DeliveryChange {
  return {
    id: result.delivery.id,
    status: statusOf(result),
    skipReason: result.kind === 'skipped' ? result.reason : undefined,
    expectedCount: result.delivery.attemptCount,
    retryInMs: retryInMs(result),
    attempt: result.kind === 'attempted' ? toNewAttempt(result.attempt) : undefined,
  }
}

function statusOf(result: AttemptResult): DeliveryStatus {
  switch (result.kind) {
    case 'finished':
      return result.delivery.status
    case 'cancelled':
      return 'CANCELLED'
    case 'skipped':
      return 'SKIPPED'
    case 'postponed':
      return 'PENDING'
    case 'attempted':
      return statusAfter(result.attempt)
  }
}

function statusAfter({ outcome, retryAt }: AttemptRecord): DeliveryStatus {
  if (outcome.outcome === 'SUCCESS') return 'SUCCEEDED'
  return retryAt ? 'PENDING' : 'FAILED'
}

function toNewAttempt(attempt: AttemptRecord): NewAttempt {
  const { outcome, sent } = attempt
  return {
    id: newUuid(),
    started_at: attempt.startedAt,
    duration_ms: attempt.durationMs,
    outcome: outcome.outcome,
    failure_kind: outcome.failureKind,
    error_message: outcome.message,
    retry_at: attempt.retryAt,
    request: sent?.exchange?.request,
    request_body: sent?.exchange?.requestBody,
    profile_version: attempt.profileVersion,
    response: sent?.exchange?.response,
  }
}

/** As a delay, because Postgres's clock is not ours. */
function retryInMs({ dueAtMs }: Settling): number | null {
  return dueAtMs === undefined ? null : Math.max(0, dueAtMs - performance.now())
}

/** What the attempts of a batch say of each destination. A person's test, and what never went out, say nothing. */
function gatherEvidence(attempted: readonly Attempted[]): DestinationEvidence[] {
  const byDestination = new Map<Uuid<'dst'>, DestinationEvidence>()
  for (const { delivery, attempt } of attempted) {
    const { sent } = attempt
    if (delivery.trigger === 'TEST' || !sent) continue
    if (attempt.wasSteady && attempt.outcome.outcome === 'SUCCESS' && !byDestination.has(delivery.destinationId))
      continue
    const endedAt = new Date(attempt.startedAt.getTime() + attempt.durationMs)
    const before = byDestination.get(delivery.destinationId)
    const base = {
      destinationId: delivery.destinationId,
      policy: attempt.profile,
      answered: sent.wasAnswered || (before?.answered ?? false),
      unreachable: sent.wasAnswered ? [] : [...(before?.unreachable ?? []), ...unreachable(delivery.id, attempt)],
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
function unreachable(id: Uuid<'dlv'>, { outcome }: AttemptRecord): Uuid<'dlv'>[] {
  return outcome.failureKind === 'URL_NOT_ALLOWED' ? [] : [id]
}
