import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'
import { eventStatuses } from '../../store/event.ts'
import { connectionOf } from '../connection.ts'
import { enumOf } from '../enum.ts'
import { DateTimeRange } from '../id-filter.ts'
import { NodeInterface } from '../node.ts'
import { DateTimeScalar, JsonScalar } from '../scalars.ts'
import { MutationPayload } from '../user-error.ts'

const EventStatus = enumOf('EventStatus', eventStatuses, 'Whether an event goes to destinations.', {
  ACCEPTED:
    'It goes to each destination that subscribes to it. An event published by SQL is ACCEPTED until a worker has checked it.',
  REJECTED:
    'It was published by SQL, and the worker refused it, mostly because its data breaks the schema of its type: see problems. It has no deliveries. Once the schema is mended, eventReplay checks it again.',
})

@ObjectType('Event', {
  implements: NodeInterface,
  description: 'Something that happened, published once; its data never changes.',
})
export class EventObject extends NodeInterface {
  @Field(() => String, { description: 'Name of its type.' })
  type!: string

  @Field(() => Int, { description: 'Size of data as compact JSON in UTF-8.' })
  dataBytes!: number

  @Field(() => String, { nullable: true, description: 'null when it was published without one.' })
  idempotencyKey?: string | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'Delivered not before; null means at once.' })
  deliverAt?: Date | null

  @Field(() => Boolean, { description: "True for a person's test send." })
  isTest!: boolean

  @Field(() => EventStatus, {
    description: 'Only an event published by SQL can be REJECTED: eventPublish refuses instead.',
  })
  status!: keyof typeof EventStatus
}

@ObjectType({ description: 'A page of a list.' })
export class EventConnection extends connectionOf('Event', () => EventObject) {}

@InputType({ description: 'Each condition that is given must hold.' })
export class EventFilter {
  @Field(() => ID, { nullable: true, description: 'Only of this organization. Default: all that the caller may see.' })
  organizationId?: string | null

  @Field(() => [String], { nullable: true, description: 'Names, not prefixes.' })
  types?: string[] | null

  @Field(() => DateTimeRange, {
    nullable: true,
    description: 'Only those published in this time. Default: all that are kept.',
  })
  createdAt?: DateTimeRange | null

  @Field(() => Boolean, { nullable: true, description: 'Only tests, or only others. Default: both.' })
  isTest?: boolean | null

  @Field(() => EventStatus, { nullable: true, description: 'Default: any.' })
  status?: keyof typeof EventStatus | null
}

@InputType({ description: 'Exactly one of organizationId and organizationExternalId.' })
export class EventPublishInput {
  @Field(() => ID, { nullable: true, description: 'The customer’s id here.' })
  organizationId?: string | null

  @Field(() => String, { nullable: true, description: 'The application’s own id of the customer.' })
  organizationExternalId?: string | null

  @Field(() => String, { description: 'Name of a type in the catalogue.' })
  type!: string

  @Field(() => JsonScalar, { description: "Must fit the type's payloadSchema; at most 256 KB of JSON." })
  data!: unknown

  @Field(() => String, {
    nullable: true,
    description:
      'At most 255 characters; concurrent publishes of one key make one event. The same key of the same organization within 24 h: with the same type and data it answers with the first event and duplicate: true, with others it is CONFLICT. deliverAt does not count: the first one holds.',
  })
  idempotencyKey?: string | null

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Deliver not before; at most 30 days ahead. A time that has passed means at once.',
  })
  deliverAt?: Date | null
}

@InputType({ description: 'The event to send again.' })
export class EventReplayInput {
  @Field(() => ID, { description: 'Of the event.' })
  id!: string

  @Field(() => [ID], {
    nullable: true,
    description:
      "Destinations of the event's organization, at most 1,000, subscribed or not. Omitted: all that subscribe to its type now.",
  })
  destinationIds?: string[] | null
}

@InputType({ description: 'Events to publish together.' })
export class EventsPublishInput {
  @Field(() => [EventPublishInput], { description: '1 to 1,000.' })
  events!: EventPublishInput[]
}

@ObjectType({ description: 'The event as it was stored.' })
export class EventPublishPayload extends MutationPayload {
  @Field(() => EventObject, { nullable: true, description: 'null when it was refused.' })
  event?: EventObject | null

  @Field(() => Boolean, { description: 'True when event is an earlier one of the same idempotency key.' })
  duplicate!: boolean
}

@ObjectType({ description: 'What became of each.' })
export class EventsPublishPayload extends MutationPayload {
  @Field(() => [EventPublishPayload], { description: 'In the order of the input.' })
  results!: EventPublishPayload[]
}
