import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'
import { connectionOf } from '../connection.ts'
import { DateTimeRange } from '../id-filter.ts'
import { NodeInterface } from '../node.ts'
import { DateTimeScalar, JsonScalar } from '../scalars.ts'
import { MutationPayload } from '../user-error.ts'

@ObjectType('Event', { implements: NodeInterface, description: 'Something that happened, published once, immutable.' })
export class EventObject extends NodeInterface {
  @Field(() => String)
  type!: string

  @Field(() => Int, { description: 'Size of data as compact JSON in UTF-8.' })
  dataBytes!: number

  @Field(() => String, { nullable: true })
  idempotencyKey?: string | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'Delivered not before; null means at once.' })
  deliverAt?: Date | null

  @Field(() => Boolean, { description: "True for a person's test send." })
  isTest!: boolean
}

@ObjectType()
export class EventConnection extends connectionOf('Event', () => EventObject) {}

@InputType({ description: 'Each condition that is given must hold.' })
export class EventFilter {
  @Field(() => ID, { nullable: true })
  organizationId?: string | null

  @Field(() => [String], { nullable: true, description: 'Names, not prefixes.' })
  types?: string[] | null

  @Field(() => DateTimeRange, { nullable: true })
  createdAt?: DateTimeRange | null

  @Field(() => Boolean, { nullable: true })
  isTest?: boolean | null
}

@InputType({ description: 'Exactly one of organizationId and organizationExternalId.' })
export class EventPublishInput {
  @Field(() => ID, { nullable: true })
  organizationId?: string | null

  @Field(() => String, { nullable: true })
  organizationExternalId?: string | null

  @Field(() => String, { description: 'Name of a type in the catalogue.' })
  type!: string

  @Field(() => JsonScalar, { description: "Must fit the type's payloadSchema; at most 256 KB of JSON." })
  data!: unknown

  @Field(() => String, {
    nullable: true,
    description:
      'At most 255 characters; concurrent publishes of one key make one event. The same key from the same application within 24 h answers with the first event and duplicate: true.',
  })
  idempotencyKey?: string | null

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Deliver not before; at most 30 days ahead. A time that has passed means at once.',
  })
  deliverAt?: Date | null
}

@InputType()
export class EventReplayInput {
  @Field(() => ID)
  id!: string

  @Field(() => [ID], {
    nullable: true,
    description:
      "Destinations of the event's organization, at most 1,000, subscribed or not. Omitted: all that subscribe to its type now.",
  })
  destinationIds?: string[] | null
}

@InputType()
export class EventsPublishInput {
  @Field(() => [EventPublishInput], { description: '1 to 1,000.' })
  events!: EventPublishInput[]
}

@ObjectType()
export class EventPublishPayload extends MutationPayload {
  @Field(() => EventObject, { nullable: true })
  event?: EventObject | null

  @Field(() => Boolean, { description: 'True when event is an earlier one of the same idempotency key.' })
  duplicate!: boolean
}

@ObjectType()
export class EventsPublishPayload extends MutationPayload {
  @Field(() => [EventPublishPayload], { description: 'In the order of the input.' })
  results!: EventPublishPayload[]
}
