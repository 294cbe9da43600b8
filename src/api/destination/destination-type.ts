import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'
import { destinationOrderings } from '../../store/destination.ts'
import { enumOf } from '../enum.ts'
import { NodeInterface } from '../node.ts'
import { DateTimeScalar, JsonObjectScalar } from '../scalars.ts'

// A destination as it is read, and the settings that a new one and an update take.

export const DestinationOrderingEnum = enumOf(
  'DestinationOrdering',
  destinationOrderings,
  'ANY: as fast as the destination takes them. FIFO: one at a time, in the order of publishing; a retry holds back what comes after it.',
)

@ObjectType('Destination', {
  implements: NodeInterface,
  description: 'One place events go: a connector with its settings, credentials, subscriptions and signing secret.',
})
export class DestinationType extends NodeInterface {
  @Field(() => String, {
    nullable: true,
    description: 'Optional stable name chosen by the caller, unique per organization.',
  })
  key?: string | null

  @Field(() => String, { description: 'What people call it.' })
  label!: string

  @Field(() => String, { nullable: true, description: 'For people.' })
  description?: string | null

  @Field(() => JsonObjectScalar, { description: "As the connector's configSchema has it." })
  config!: Record<string, unknown>

  @Field(() => String, { description: 'What a person would call the target: a host, a channel.' })
  target!: string

  @Field(() => [String], {
    description: 'Event types subscribed to; empty means all. A trailing .* subscribes to a prefix: inquiry.*',
  })
  eventTypes!: string[]

  @Field(() => String, {
    nullable: true,
    description: 'CEL expression over event and organization; the event is skipped when it is false.',
  })
  filter?: string | null

  @Field(() => String, {
    nullable: true,
    description: "CEL expression that yields the object sent as the event's data.",
  })
  transform?: string | null

  @Field(() => DestinationOrderingEnum, { description: 'Whether events wait for those before them.' })
  ordering!: keyof typeof DestinationOrderingEnum

  @Field(() => Int, { nullable: true, description: 'Requests a second; null means unlimited.' })
  rateLimit?: number | null

  @Field(() => Int, { description: 'Goes up with each change; see expectedVersion of destinationUpdate.' })
  version!: number

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => DateTimeScalar, { description: 'When its settings changed last.' })
  updatedAt!: Date
}

const FILTER =
  'CEL (https://cel.dev), at most 2,048 characters: event.data.total > 100.0. It sees event (id, type, createdAt, data) and organization (id, externalId, name); lists may be walked two deep, for 50 ms. What makes no sense is refused with its place; a field that an event does not have fails the attempt.'
const TRANSFORM =
  'CEL, as filter, that yields an object: {"id": event.data.id}. It is sent as the data of the envelope, and given to the connector.'

@InputType({ description: 'A header that is added to each request of a destination. At most 20.' })
export class HttpHeaderInput {
  @Field(() => String, {
    description:
      'No name that the connection, Postrider or the delivery profile sets: host, content-*, webhook-* and the like.',
  })
  name!: string

  @Field(() => String, {
    nullable: true,
    description: 'Printable ASCII, at most 1,024 characters. In an update null keeps the stored one.',
  })
  value?: string | null

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description: 'Secret values are encrypted, never shown again, redacted in records.',
  })
  secret?: boolean | null
}

/** What a new destination and an update take alike. */
@InputType()
abstract class DestinationSettingsInput {
  @Field(() => String, { nullable: true, description: 'At most 2,000 characters.' })
  description?: string | null

  @Field(() => String, { nullable: true, description: FILTER })
  filter?: string | null

  @Field(() => String, { nullable: true, description: TRANSFORM })
  transform?: string | null
}

@InputType({ description: 'One more place that events of an organization go.' })
export class DestinationCreateInput extends DestinationSettingsInput {
  @Field(() => ID, { description: 'Whose it will be.' })
  organizationId!: string

  @Field(() => String, { nullable: true, description: 'Letters, digits, dots, dashes, underscores; at most 100.' })
  key?: string | null

  @Field(() => String, { description: '1 to 200 characters.' })
  label!: string

  @Field(() => String, { defaultValue: 'webhook', description: 'Key of the connector.' })
  connector!: string

  @Field(() => JsonObjectScalar, {
    description: 'As the connector\'s configSchema has it; for webhook: { "url": "https://…" }.',
  })
  config!: Record<string, unknown>

  @Field(() => JsonObjectScalar, { nullable: true, description: "As the connector's credentialSchema has it." })
  credentials?: Record<string, unknown> | null

  @Field(() => [HttpHeaderInput], { nullable: true, description: "Such as the receiver's own token." })
  headers?: HttpHeaderInput[] | null

  @Field(() => [String], { nullable: true, description: 'Omitted or empty: all types. At most 200.' })
  eventTypes?: string[] | null

  @Field(() => DestinationOrderingEnum, {
    nullable: true,
    defaultValue: 'ANY',
    description: 'FIFO: one at a time, in the order of publishing; a retry holds back what comes after it.',
  })
  ordering?: keyof typeof DestinationOrderingEnum | null

  @Field(() => Int, {
    nullable: true,
    description: 'Requests a second, 1 to 10,000, whatever the number of workers; omitted means unlimited.',
  })
  rateLimit?: number | null

  @Field(() => Boolean, { nullable: true, defaultValue: true, description: 'Whether it gets events from the start.' })
  active?: boolean | null

  @Field(() => String, {
    nullable: true,
    description:
      "Generated when omitted; null means that this destination's requests are not signed. 16 to 512 characters.",
  })
  signingSecret?: string | null
}

@InputType({
  description:
    'Omitted = unchanged, null = cleared. credentials is merged key by key. Where config or credentials lead to another server (scheme, host, port, encryption), credentials and values of secret headers that are stored are REQUIRED again.',
})
export class DestinationUpdateInput extends DestinationSettingsInput {
  @Field(() => ID, { description: 'Of the destination.' })
  id!: string

  @Field(() => Int, {
    nullable: true,
    description: 'Refused with CONFLICT when the destination has changed since that version.',
  })
  expectedVersion?: number | null

  @Field(() => String, { nullable: true, description: '1 to 200 characters.' })
  label?: string | null

  @Field(() => JsonObjectScalar, {
    nullable: true,
    description: 'Replaces all of it, and must fit the connector’s configSchema.',
  })
  config?: Record<string, unknown> | null

  @Field(() => JsonObjectScalar, { nullable: true, description: 'Merged key by key: a key with null is forgotten.' })
  credentials?: Record<string, unknown> | null

  @Field(() => [HttpHeaderInput], { nullable: true, description: 'All of them; those left out are removed.' })
  headers?: HttpHeaderInput[] | null

  @Field(() => [String], { nullable: true, description: 'Replaces all of them; empty or null means all types.' })
  eventTypes?: string[] | null

  @Field(() => DestinationOrderingEnum, {
    nullable: true,
    description: 'Takes effect with what is published from then on; null leaves it as it is.',
  })
  ordering?: keyof typeof DestinationOrderingEnum | null

  @Field(() => Int, { nullable: true, description: 'Requests a second, 1 to 10,000; null means unlimited.' })
  rateLimit?: number | null

  @Field(() => Boolean, { nullable: true, description: 'A person’s switch; null leaves it as it is.' })
  active?: boolean | null
}
