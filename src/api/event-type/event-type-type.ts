import { ArgsType, Field, InputType, Int, ObjectType } from 'type-graphql'
import { eventTypeStatuses } from '../../store/event-type.ts'
import { connectionOf, MAX_FIRST } from '../connection.ts'
import { enumOf } from '../enum.ts'
import { NodeInterface } from '../node.ts'
import { DateTimeScalar, JsonObjectScalar, JsonScalar } from '../scalars.ts'
import { MutationPayload } from '../user-error.ts'

const EventTypeStatus = enumOf(
  'EventTypeStatus',
  eventTypeStatuses,
  'COMING_SOON: shown in the catalogue before it fires. DEPRECATED: still fires. ARCHIVED: publishing it is refused.',
)

@ObjectType('EventType', { implements: NodeInterface, description: "A kind of event in the application's catalogue." })
export class EventTypeType extends NodeInterface {
  @Field(() => String, { description: 'Dotted words: inquiry.received.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'When it fires, in the words that the catalogue page shows.' })
  description?: string | null

  @Field(() => String, { nullable: true, description: "Heading that it stands under, e.g. 'CRM events'." })
  group?: string | null

  @Field(() => EventTypeStatus, { description: 'Only AVAILABLE and DEPRECATED ones can be published.' })
  status!: keyof typeof EventTypeStatus

  @Field(() => JsonObjectScalar, {
    nullable: true,
    description: 'JSON Schema (2020-12) that data must fit; null takes anything.',
  })
  payloadSchema?: Record<string, unknown> | null

  @Field(() => JsonScalar, { nullable: true, description: 'What a test send sends.' })
  samplePayload?: unknown

  @Field(() => DateTimeScalar, { description: 'When it was added to the catalogue.' })
  createdAt!: Date
}

export const EventTypeConnection = connectionOf('EventType', () => EventTypeType)

@ArgsType()
export class EventTypePageArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 100,
    description: `How many, 1 to ${MAX_FIRST}; null means the default.`,
  })
  first?: number | null

  @Field(() => String, { nullable: true, description: 'The endCursor of the page before.' })
  after?: string | null

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: 'True: those that Postrider publishes to the operations organization, instead of the catalogue.',
  })
  operations?: boolean | null
}

@InputType({ description: 'Makes the type, or changes the one of this name; omitted fields stay as they are.' })
export class EventTypeUpsertInput {
  @Field(() => String, {
    description: 'Dotted words of letters, digits, dashes and underscores, at most 128 characters.',
  })
  name!: string

  @Field(() => String, { nullable: true, description: 'At most 1,000 characters.' })
  description?: string | null

  @Field(() => String, { nullable: true, description: 'At most 100 characters.' })
  group?: string | null

  @Field(() => EventTypeStatus, { nullable: true, description: 'Default AVAILABLE.' })
  status?: keyof typeof EventTypeStatus | null

  @Field(() => JsonObjectScalar, {
    nullable: true,
    description: 'JSON Schema (2020-12), at most 64 KB; null takes anything.',
  })
  payloadSchema?: Record<string, unknown> | null

  @Field(() => JsonScalar, { nullable: true, description: 'Must fit payloadSchema; at most 64 KB.' })
  samplePayload?: unknown

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      'Whether a new payloadSchema may break receivers: fields removed or no longer required, types changed, enum values added. Refused with CONFLICT otherwise, unless the type is COMING_SOON.',
  })
  allowBreakingSchema?: boolean | null
}

@InputType({ description: 'The type to archive.' })
export class EventTypeArchiveInput {
  @Field(() => String, { description: 'Of the type.' })
  name!: string
}

@ObjectType({ description: 'The type as it is now.' })
export class EventTypeUpsertPayload extends MutationPayload {
  @Field(() => EventTypeType, { nullable: true, description: 'null when it was refused.' })
  eventType?: EventTypeType | null
}

@ObjectType({ description: 'The type, archived.' })
export class EventTypeArchivePayload extends MutationPayload {
  @Field(() => EventTypeType, { nullable: true, description: 'null when it was refused.' })
  eventType?: EventTypeType | null
}
