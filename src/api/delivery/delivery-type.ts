import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'
import { deliverySkipReasons, deliveryStatuses, deliveryTriggers } from '../../store/delivery.ts'
import { connectionOf } from '../connection.ts'
import { enumOf } from '../enum.ts'
import { DateTimeRange } from '../id-filter.ts'
import { NodeInterface } from '../node.ts'
import { DateTimeScalar } from '../scalars.ts'
import { MutationPayload } from '../user-error.ts'

export const DeliveryStatus = enumOf(
  'DeliveryStatus',
  deliveryStatuses,
  'PENDING: waiting for its next attempt (the first or a retry). FAILED: given up. SKIPPED: the type matched, but see skipReason.',
)
const DeliverySkipReason = enumOf(
  'DeliverySkipReason',
  deliverySkipReasons,
  'INACTIVE: switched off. DISABLED: by the system.',
)
const DeliveryTrigger = enumOf('DeliveryTrigger', deliveryTriggers, 'What made the delivery.', {
  EVENT: 'The event was published, or eventReplay accepted it after it was REJECTED.',
  RETRY: 'deliveryRetry, by hand.',
  REPLAY: 'eventReplay.',
  RECOVERY: 'destinationRecover.',
  TEST: 'destinationTest: tried once, and counted nowhere.',
})

@ObjectType('Delivery', { implements: NodeInterface, description: 'One event on its way to one destination.' })
export class DeliveryType extends NodeInterface {
  @Field(() => ID, { description: 'Stays when the event is dropped.' })
  eventId!: string

  @Field(() => ID, { description: 'Stays when the destination is deleted.' })
  destinationId!: string

  @Field(() => String, { description: 'Name of the event’s type.' })
  eventType!: string

  @Field(() => DeliveryStatus, { description: 'How far it has come.' })
  status!: keyof typeof DeliveryStatus

  @Field(() => DeliverySkipReason, { nullable: true, description: 'Set when SKIPPED.' })
  skipReason?: keyof typeof DeliverySkipReason | null

  @Field(() => DeliveryTrigger, { description: 'What made it.' })
  trigger!: keyof typeof DeliveryTrigger

  @Field(() => Int, { description: 'Attempts that ended so far.' })
  attemptCount!: number

  @Field(() => Int, { description: 'Attempts after which it is given up.' })
  maxAttempts!: number

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the next attempt is due; null when there is none.',
  })
  nextAttemptAt?: Date | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'Set once it is no longer PENDING.' })
  finishedAt?: Date | null
}

@ObjectType({ description: 'A page of a list.' })
export class DeliveryConnection extends connectionOf('Delivery', () => DeliveryType) {}

@InputType({ description: 'Each condition that is given must hold.' })
export class DeliveryFilter {
  @Field(() => ID, { nullable: true, description: 'Only of this organization. Default: all that the caller may see.' })
  organizationId?: string | null

  @Field(() => [ID], { nullable: true, description: 'To any of these, at most 1,000. Default: all.' })
  destinationIds?: string[] | null

  @Field(() => [String], { nullable: true, description: 'Names, not prefixes.' })
  eventTypes?: string[] | null

  @Field(() => [DeliveryStatus], { nullable: true, description: 'In any of these. Default: all.' })
  statuses?: (keyof typeof DeliveryStatus)[] | null

  @Field(() => [DeliveryTrigger], { nullable: true, description: 'Made by any of these. Default: all.' })
  triggers?: (keyof typeof DeliveryTrigger)[] | null

  @Field(() => DateTimeRange, {
    nullable: true,
    description: 'Only those made in this time. Default: all that are kept.',
  })
  createdAt?: DateTimeRange | null
}

@InputType({ description: 'The delivery to take back.' })
export class DeliveryCancelInput {
  @Field(() => ID, { description: 'Of the delivery.' })
  id!: string
}

@ObjectType({ description: 'The delivery as it is now.' })
export class DeliveryCancelPayload extends MutationPayload {
  @Field(() => DeliveryType, { nullable: true, description: 'null when it was refused.' })
  delivery?: DeliveryType | null
}

@InputType({ description: 'The delivery to send again.' })
export class DeliveryRetryInput {
  @Field(() => ID, { description: 'Of the delivery.' })
  id!: string
}

@ObjectType({ description: 'The new delivery, or the pending one.' })
export class DeliveryRetryPayload extends MutationPayload {
  @Field(() => DeliveryType, { nullable: true, description: 'null when it was refused.' })
  delivery?: DeliveryType | null
}
