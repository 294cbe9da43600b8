import { type ConnectorRegistry, readyConnector } from '../connector/registry.ts'
import { messageOf } from '../domain/message-of.ts'
import type { Outcome } from '../domain/outcome.ts'
import { recordText, redactHeaders } from '../domain/redact.ts'
import { retryDelayMs } from '../domain/retry-schedule.ts'
import type { Evaluator } from '../evaluate/evaluator.ts'
import { ExpressionFailed } from '../evaluate/expression.ts'
import type { RecordedResponse } from '../store/delivery-attempt.ts'
import type { AttemptEnd, AttemptRecord, AttemptResult, ExchangeRecord, PendingDelivery } from './attempt-result.ts'
import type { Addressed } from './classify.ts'
import { isHeldTooLong, type LoadedDestination } from './destination-cache.ts'
import { type OnSlow, type PreparedRequest, prepareRequest } from './prepare-request.ts'
import { type SendParts, type Sent, send } from './send.ts'
import { exhaustedUntil, filterVerdict, type ShapedEvent, shapedData } from './shape-event.ts'

export interface DeliverParts extends SendParts {
  readonly connectors: ConnectorRegistry
  readonly evaluator: Evaluator
  readonly onSlow: OnSlow
  /** Uniform in [0, 1): spreads retries. */
  readonly random: () => number
}

/** Longest texts that are recorded, characters. A body is an event's data at most, in an envelope of its own. */
const MAX_URL_LENGTH = 4_096
const MAX_BODY_LENGTH = 1_048_576

/** A delivery whose holder was lost so often is likely what kills them. */
const MAX_LOST_LEASES = 3
/** How long a delivery waits for a connector that is not loaded, or for a key that opens its destination's secrets. */
const CONNECTOR_WAIT_MS = 60_000

/**
 * Makes one attempt, or finds that none is to be made. Never throws for what a receiver or a connector does.
 * Undefined when the end of the process cut the attempt off: it does not count, and the lease is released.
 */
export async function deliver(parts: DeliverParts, pending: PendingDelivery): Promise<AttemptResult | undefined> {
  const { lease, delivery } = pending
  const end = await attemptOrNot(parts, pending)
  return end && { lease, delivery, ...end }
}

async function attemptOrNot(parts: DeliverParts, pending: PendingDelivery): Promise<AttemptEnd | undefined> {
  const { delivery, destination } = pending
  if (delivery.status !== 'PENDING') return { kind: 'finished' }
  if (!destination) return { kind: 'cancelled' }
  const isTest = delivery.trigger === 'TEST'
  if (!isTest && (destination.isDisabled || !destination.isActive)) return { kind: 'cancelled' }
  const connector = readyConnector(parts.connectors, destination.connector)
  if (connector?.major !== destination.connectorMajor || destination.problem) {
    return { kind: 'postponed', dueAt: new Date(parts.now().getTime() + CONNECTOR_WAIT_MS), because: 'SETTINGS' }
  }
  // Before anything of the customer's is evaluated: it may be what the workers were lost by.
  let obstacle = findObstacle(pending, destination)
  if (!obstacle) {
    const busyUntil = exhaustedUntil(parts.evaluator, destination.shape, shapedEvent(pending, destination))
    if (busyUntil) return { kind: 'postponed', dueAt: busyUntil, because: 'EXPRESSIONS' }
    const verdict = isTest
      ? true
      : await filterVerdict(parts.evaluator, destination.shape, shapedEvent(pending, destination))
    if (verdict === false) return { kind: 'skipped', reason: 'FILTERED' }
    if (verdict !== true) obstacle = verdict
  }
  const attempt = await attemptDelivery(parts, pending, { connector, destination, obstacle })
  return attempt && { kind: 'attempted', attempt }
}

interface Target extends Addressed {
  /** Why nothing can be sent. */
  readonly obstacle: string | undefined
}

function shapedEvent({ delivery, eventData }: PendingDelivery, destination: LoadedDestination): ShapedEvent {
  return { ...destination, ...delivery, eventData: eventData! }
}

async function attemptDelivery(
  parts: DeliverParts,
  pending: PendingDelivery,
  target: Target,
): Promise<AttemptRecord | undefined> {
  const startedAt = parts.now()
  const { profile, profileVersion, isSteady: wasSteady } = target.destination
  const base = { startedAt, profileVersion, profile, wasSteady }
  const nothingSent = { durationMs: 0, sent: undefined, retryAt: undefined }
  if (target.obstacle) return { ...base, ...nothingSent, outcome: permanent(target.obstacle) }
  let prepared: PreparedRequest
  let sent: Sent | undefined
  try {
    prepared = await prepare(parts, pending, { ...target, now: startedAt })
    sent = await send(parts, target, prepared)
  } catch (error) {
    // A connector that throws, or builds an invalid request, costs its own delivery only, and would do so again.
    const why = messageOf(error)
    const message = error instanceof ExpressionFailed ? why : `The connector built no request that can be sent: ${why}`
    const clean = recordText(message, target.destination.secretTexts)
    return { ...base, ...nothingSent, outcome: permanent(clean) }
  }
  if (!sent) return undefined
  const { message } = sent.outcome
  const outcome = message
    ? { ...sent.outcome, message: recordText(message, target.destination.secretTexts) }
    : sent.outcome
  return {
    ...base,
    durationMs: sent.durationMs,
    outcome,
    sent: { wasAnswered: sent.wasAnswered, exchange: recordExchange(prepared, sent, target.destination) },
    retryAt: retryTime(parts, pending, { outcome, destination: target.destination }),
  }
}

function findObstacle({ lease, delivery, eventData }: PendingDelivery, destination: LoadedDestination) {
  if (isHeldTooLong(delivery, destination)) return 'Given up: for as long as its schedule lasts nobody could be reached'
  if (lease.retryCount >= MAX_LOST_LEASES) return `Given up: its worker was lost ${lease.retryCount} times`
  if (eventData === null) return "The event's data is no longer kept"
  return undefined
}

function permanent(message: string): Outcome {
  return { outcome: 'PERMANENT_FAILURE', failureKind: 'CONNECTOR_ERROR', message }
}

async function prepare(
  { evaluator, onSlow }: DeliverParts,
  pending: PendingDelivery,
  { connector, destination, now }: Target & { readonly now: Date },
): Promise<PreparedRequest> {
  const { delivery } = pending
  const occasion = {
    eventId: delivery.eventId,
    eventType: delivery.eventType,
    eventData: await shapedData(evaluator, destination.shape, shapedEvent(pending, destination)),
    deliveryId: delivery.id,
    attemptNumber: delivery.attemptCount + 1,
    isTest: delivery.trigger === 'TEST',
    now,
  }
  return prepareRequest(connector, destination, occasion, onSlow)
}

function retryTime(
  parts: DeliverParts,
  { delivery }: PendingDelivery,
  { outcome, destination }: { outcome: Outcome; destination: LoadedDestination },
): Date | undefined {
  const attemptNumber = delivery.attemptCount + 1
  if (outcome.outcome !== 'RETRYABLE_FAILURE' || attemptNumber >= delivery.maxAttempts) return undefined
  const delayMs = retryDelayMs({
    delaysS: destination.profile.retryDelays,
    jitter: destination.profile.retryJitter,
    attemptNumber,
    retryAfterMs: outcome.retryAfterMs,
    random: parts.random(),
  })
  return delayMs === undefined ? undefined : new Date(parts.now().getTime() + delayMs)
}

function recordExchange(
  prepared: PreparedRequest,
  { response }: Sent,
  { secretTexts: secrets, secretHeaders }: LoadedDestination,
): ExchangeRecord {
  const request = {
    method: prepared.method,
    url: recordText(prepared.url, secrets, MAX_URL_LENGTH),
    headers: redactHeaders(Object.entries(prepared.headers), secrets, secretHeaders),
  }
  return {
    request,
    requestBody: prepared.isEnvelope ? undefined : recordText(prepared.body, secrets, MAX_BODY_LENGTH),
    response: response && recordResponse(response, secrets),
  }
}

function recordResponse(response: NonNullable<Sent['response']>, secrets: readonly string[]): RecordedResponse {
  const { statusCode, sizeBytes, truncated } = response
  return {
    statusCode,
    headers: redactHeaders(response.headers, secrets),
    body: recordText(response.body, secrets, MAX_BODY_LENGTH),
    sizeBytes,
    truncated,
  }
}
