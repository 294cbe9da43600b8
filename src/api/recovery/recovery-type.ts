import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'
import type { deliveryStatuses } from '../../store/delivery.ts'
import { recoveryStatuses } from '../../store/recovery-job.ts'
import { BoundedCount } from '../connection.ts'
import { DeliveryStatus } from '../delivery/delivery-type.ts'
import { enumOf } from '../enum.ts'
import { DateTimeRange } from '../id-filter.ts'
import { NodeInterface } from '../node.ts'
import { DateTimeScalar } from '../scalars.ts'
import { MutationPayload } from '../user-error.ts'

const RecoveryStatusEnum = enumOf(
  'RecoveryStatus',
  recoveryStatuses,
  'DONE: all was put in line; its deliveries go on by themselves. CANCELLED: its destination was deleted.',
)

@ObjectType('RecoveryJob', {
  implements: NodeInterface,
  description: 'A long-running bulk action: sends again what a destination did not get.',
})
export class RecoveryJobType extends NodeInterface {
  @Field(() => ID, { description: 'Stays when the destination is deleted.' })
  destinationId!: string

  @Field(() => RecoveryStatusEnum, { description: 'How far it has come.' })
  status!: keyof typeof RecoveryStatusEnum

  @Field(() => Int, { description: 'Events to send again, counted when it began; 0 while it is QUEUED.' })
  matched!: number

  @Field(() => Int, { description: 'Deliveries made so far. What arrived meanwhile by another way is left out.' })
  enqueued!: number

  @Field(() => DateTimeScalar, { description: 'When it was asked for.' })
  createdAt!: Date

  @Field(() => DateTimeScalar, { nullable: true, description: 'null while it goes on.' })
  finishedAt?: Date | null

  @Field(() => String, { nullable: true, description: 'Why it was FAILED or CANCELLED.' })
  error?: string | null
}

@InputType({ description: 'What to send again.' })
export class DestinationRecoverInput {
  @Field(() => ID, { description: 'Of the destination.' })
  id!: string

  @Field(() => DateTimeRange, { description: 'When the deliveries were made. Open where a bound is missing; to: now.' })
  range!: DateTimeRange

  @Field(() => [DeliveryStatus], {
    nullable: true,
    defaultValue: ['FAILED'],
    description: 'FAILED, CANCELLED, SKIPPED.',
  })
  statuses?: (typeof deliveryStatuses)[number][] | null

  @Field(() => Boolean, { nullable: true, defaultValue: false, description: 'Only counts.' })
  dryRun?: boolean | null
}

@ObjectType({ description: 'The job, or what a dry run counted.' })
export class DestinationRecoverPayload extends MutationPayload {
  @Field(() => RecoveryJobType, { nullable: true, description: 'null for a dry run.' })
  job?: RecoveryJobType | null

  @Field(() => BoundedCount, { nullable: true, description: 'For a dry run: how many events, counted up to 10,000.' })
  matched?: BoundedCount | null
}
