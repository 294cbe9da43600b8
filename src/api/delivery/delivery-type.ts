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
const DeliveryTrigger = enumOf('DeliveryTrigger', deliveryTriggers, 'What made the delivery.')

@ObjectType('Delivery', { implements: NodeInterface, description: 'One event on its way to one destination.' })
export class DeliveryType extends NodeInterface {
  @Field(() => ID)
  eventId!: string

  @Field(() => ID)
  destinationId!: string

  @Field(() => String)
  eventType!: string

  @Field(() => DeliveryStatus)
  status!: keyof typeof DeliveryStatus

  @Field(() => DeliverySkipReason, { nullable: true, description: 'Set when SKIPPED.' })
  skipReason?: keyof typeof DeliverySkipReason | null

  @Field(() => DeliveryTrigger)
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

@ObjectType()
export class DeliveryConnection extends connectionOf('Delivery', () => DeliveryType) {}

@InputType({ description: 'Each condition that is given must hold.' })
export class DeliveryFilter {
  @Field(() => ID, { nullable: true })
  organizationId?: string | null

  @Field(() => [ID], { nullable: true })
  destinationIds?: string[] | null

  @Field(() => [String], { nullable: true, description: 'Names, not prefixes.' })
  eventTypes?: string[] | null

  @Field(() => [DeliveryStatus], { nullable: true })
  statuses?: (keyof typeof DeliveryStatus)[] | null

  @Field(() => [DeliveryTrigger], { nullable: true })
  triggers?: (keyof typeof DeliveryTrigger)[] | null

  @Field(() => DateTimeRange, { nullable: true })
  createdAt?: DateTimeRange | null
}

@InputType()
export class DeliveryCancelInput {
  @Field(() => ID)
  id!: string
}

@ObjectType()
export class DeliveryCancelPayload extends MutationPayload {
  @Field(() => DeliveryType, { nullable: true })
  delivery?: DeliveryType | null
}

@InputType()
export class DeliveryRetryInput {
  @Field(() => ID)
  id!: string
}

@ObjectType()
export class DeliveryRetryPayload extends MutationPayload {
  @Field(() => DeliveryType, { nullable: true })
  delivery?: DeliveryType | null
}
