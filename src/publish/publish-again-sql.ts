import type { Uuid } from '../domain/id.ts'
import type { DeliveryTrigger } from '../store/delivery.ts'
import type { Sql } from '../store/sql.ts'
import type { NewEvent } from './publish-sql.ts'

export interface NewDelivery {
  readonly id: Uuid<'dlv'>
  readonly applicationId: Uuid<'app'>
  readonly organizationId: Uuid<'org'>
  readonly eventId: Uuid<'evt'>
  readonly destinationId: Uuid<'dst'>
  readonly eventType: string
  readonly trigger: DeliveryTrigger
  readonly maxAttempts: number
}

/** One pending delivery beside those of the fan-out: a retry by hand, a test. */
export async function insertDelivery(tx: Sql, delivery: NewDelivery): Promise<void> {
  await tx(
    `insert into delivery (id, application_id, organization_id, event_id, destination_id, event_type, status, trigger,
       max_attempts, next_attempt_at)
     values ($1, $2, $3, $4, $5, $6, 'PENDING', $7, $8, now())`,
    [
      delivery.id,
      delivery.applicationId,
      delivery.organizationId,
      delivery.eventId,
      delivery.destinationId,
      delivery.eventType,
      delivery.trigger,
      delivery.maxAttempts,
    ],
  )
}

/** Stores one event without a fan-out: a person's test goes to the destination tested, and to no other. */
export async function insertTestEvent(tx: Sql, event: NewEvent): Promise<void> {
  await tx(
    `insert into event (id, application_id, organization_id, type, data, data_bytes, idempotency_key, is_test)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      event.id,
      event.applicationId,
      event.organizationId,
      event.type,
      event.data,
      event.dataBytes,
      event.idempotencyKey,
      event.isTest,
    ],
  )
}
