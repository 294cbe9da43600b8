import { defineEntity, type FilterQuery, type InferEntity, p, raw } from '@mikro-orm/core'
import { type Id, idToUuid } from '../domain/id.ts'
import { TypeIdType } from './type-id-type.ts'

export const deliveryStatuses = ['PENDING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'SKIPPED'] as const
export type DeliveryStatus = (typeof deliveryStatuses)[number]
/** As the generated column of the migration has them. */
const deliveryExceptions: readonly DeliveryStatus[] = ['FAILED', 'CANCELLED', 'SKIPPED']
export const deliverySkipReasons = ['INACTIVE', 'DISABLED', 'FILTERED'] as const
export type DeliverySkipReason = (typeof deliverySkipReasons)[number]
export const deliveryTriggers = ['EVENT', 'RETRY', 'REPLAY', 'RECOVERY', 'TEST'] as const
export type DeliveryTrigger = (typeof deliveryTriggers)[number]

/** One event on its way to one destination. Its job, while it is pending, has the same id. */
export const Delivery = defineEntity({
  name: 'Delivery',
  tableName: 'delivery',
  properties: {
    id: p.type(new TypeIdType('dlv')).$type<Id<'dlv'>>().primary(),
    applicationId: p.type(new TypeIdType('app')).$type<Id<'app'>>(),
    organizationId: p.type(new TypeIdType('org')).$type<Id<'org'>>(),
    eventId: p.type(new TypeIdType('evt')).$type<Id<'evt'>>(),
    destinationId: p.type(new TypeIdType('dst')).$type<Id<'dst'>>(),
    eventType: p.text(),
    status: p.text().$type<DeliveryStatus>(),
    /** The status when it is one of deliveryExceptions, written by Postgres: partial indexes find the few that have it. */
    exception: p
      .text()
      .$type<DeliveryStatus>()
      .nullable()
      .generated("case when status in ('FAILED', 'CANCELLED', 'SKIPPED') then status end stored")
      .lazy(),
    skipReason: p.text().$type<DeliverySkipReason>().nullable(),
    trigger: p.text().$type<DeliveryTrigger>(),
    attemptCount: p.integer(),
    maxAttempts: p.integer(),
    nextAttemptAt: p.datetime(3).nullable(),
    finishedAt: p.datetime(3).nullable(),
  },
})
export type Delivery = InferEntity<typeof Delivery>

/**
 * Deliveries of one destination or one organization, as far as they are the application's. All of one have the same
 * application, so one is asked for it: the others are counted without being read, off their index.
 */
export function deliveriesOf(
  applicationId: Id<'app'>,
  owner: { destinationId: Id<'dst'> } | { organizationId: Id<'org'> },
): FilterQuery<Delivery> {
  const [column, id] =
    'destinationId' in owner ? ['destination_id', owner.destinationId] : ['organization_id', owner.organizationId]
  const application = raw(`(select application_id from delivery where ${column} = ? limit 1)`, [idToUuid(id)])
  return { $and: [owner, { [application]: idToUuid(applicationId) }] } as FilterQuery<Delivery>
}

/** Deliveries of these statuses: by a partial index when it is one that has them. */
export function hasStatus(statuses: readonly DeliveryStatus[]): FilterQuery<Delivery> {
  return isException(statuses) ? { exception: statuses[0]! } : { status: { $in: [...statuses] } }
}

/** Whether an index gives them in the order of a list: it does for one status at a time. */
export function isException(statuses: readonly DeliveryStatus[]): boolean {
  return statuses.length === 1 && deliveryExceptions.includes(statuses[0]!)
}
