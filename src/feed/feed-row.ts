import type { FeedPosition } from '../domain/feed-cursor.ts'
import { idFromUuid, type Uuid } from '../domain/id.ts'
import type { DeliveryAttempt } from '../store/delivery-attempt.ts'

export interface FeedRow {
  readonly position: FeedPosition
  readonly attempt: DeliveryAttempt
}

/** A row of delivery_attempt as it is read. */
export interface AttemptRow {
  readonly id: Uuid<'att'>
  readonly application_id: Uuid<'app'>
  readonly organization_id: Uuid<'org'>
  readonly delivery_id: Uuid<'dlv'>
  readonly destination_id: Uuid<'dst'>
  readonly event_id: Uuid<'evt'>
  readonly event_type: string
  readonly number: number
  readonly started_at: Date
  readonly duration_ms: number
  readonly outcome: DeliveryAttempt['outcome']
  readonly failure_kind: DeliveryAttempt['failureKind']
  readonly error_message: string | null
  readonly retry_at: Date | null
  readonly request: DeliveryAttempt['request']
  readonly request_body: string | null
  readonly profile_version: number
  readonly response: DeliveryAttempt['response']
  readonly feed_epoch: string
  readonly feed_xid: string
}

/** By hand: MikroORM's map took longer than all the rest of a row's way to its subscriber. */
export function toFeedRow(row: AttemptRow): FeedRow {
  const attempt = {
    id: idFromUuid('att', row.id),
    applicationId: idFromUuid('app', row.application_id),
    organizationId: idFromUuid('org', row.organization_id),
    deliveryId: idFromUuid('dlv', row.delivery_id),
    destinationId: idFromUuid('dst', row.destination_id),
    eventId: idFromUuid('evt', row.event_id),
    eventType: row.event_type,
    number: row.number,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    outcome: row.outcome,
    failureKind: row.failure_kind,
    errorMessage: row.error_message,
    retryAt: row.retry_at,
    request: row.request,
    requestBody: row.request_body,
    profileVersion: row.profile_version,
    response: row.response,
    feedEpoch: Number(row.feed_epoch),
    feedXid: row.feed_xid,
  } as DeliveryAttempt
  return { position: { epoch: attempt.feedEpoch, xid: BigInt(row.feed_xid), attemptUuid: row.id }, attempt }
}
