import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { Id } from '../domain/id.ts'
import type { AttemptOutcome, FailureKind } from '../domain/outcome.ts'
import type { RecordedHeader } from '../domain/redact.ts'
import { TypeIdType } from './type-id-type.ts'

export interface RecordedRequest {
  readonly method: string
  readonly url: string
  readonly headers: readonly RecordedHeader[]
}

export interface RecordedResponse {
  readonly statusCode: number
  readonly headers: readonly RecordedHeader[]
  readonly body: string
  readonly sizeBytes: number
  readonly truncated: boolean
}

/** One try of a delivery. The table is the log that the feed follows. */
export const DeliveryAttempt = defineEntity({
  name: 'DeliveryAttempt',
  tableName: 'delivery_attempt',
  properties: {
    id: p.type(new TypeIdType('att')).$type<Id<'att'>>().primary(),
    applicationId: p.type(new TypeIdType('app')).$type<Id<'app'>>(),
    organizationId: p.type(new TypeIdType('org')).$type<Id<'org'>>(),
    deliveryId: p.type(new TypeIdType('dlv')).$type<Id<'dlv'>>(),
    destinationId: p.type(new TypeIdType('dst')).$type<Id<'dst'>>(),
    eventId: p.type(new TypeIdType('evt')).$type<Id<'evt'>>(),
    eventType: p.text(),
    number: p.integer(),
    startedAt: p.datetime(3),
    durationMs: p.integer(),
    outcome: p.text().$type<AttemptOutcome>(),
    failureKind: p.text().$type<FailureKind>().nullable(),
    errorMessage: p.text().nullable(),
    retryAt: p.datetime(3).nullable(),
    request: p.json().$type<RecordedRequest>().nullable(),
    /**
     * Null when the body was the envelope as the profile renders it: it is rendered again when asked for. Lists leave it out:
     * who asks for it loads it by store/large-text.ts, after a look at its size.
     */
    requestBody: p.text().lazy().nullable(),
    profileVersion: p.integer(),
    response: p.json().$type<RecordedResponse>().nullable(),
    feedEpoch: p.bigint('number'),
    feedXid: p.text(),
  },
})
export type DeliveryAttempt = InferEntity<typeof DeliveryAttempt>
