import { Field, ID, InputType, Int } from 'type-graphql'
import { JsonObjectScalar } from '../scalars.ts'
import { DestinationOrderingEnum } from './destination-type.ts'

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

@InputType({ description: 'One more place that events of an organization go.' })
export class DestinationCreateInput {
  @Field(() => ID, { description: 'Whose it will be.' })
  organizationId!: string

  @Field(() => String, { nullable: true, description: 'Letters, digits, dots, dashes, underscores; at most 100.' })
  key?: string | null

  @Field(() => String, { description: '1 to 200 characters.' })
  label!: string

  @Field(() => String, { nullable: true, description: 'At most 2,000 characters.' })
  description?: string | null

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

  @Field(() => String, { nullable: true, description: FILTER })
  filter?: string | null

  @Field(() => String, { nullable: true, description: TRANSFORM })
  transform?: string | null

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

@InputType({ description: 'Omitted = unchanged, null = cleared. credentials is merged key by key.' })
export class DestinationUpdateInput {
  @Field(() => ID, { description: 'Of the destination.' })
  id!: string

  @Field(() => Int, {
    nullable: true,
    description: 'Refused with CONFLICT when the destination has changed since that version.',
  })
  expectedVersion?: number | null

  @Field(() => String, { nullable: true, description: '1 to 200 characters.' })
  label?: string | null

  @Field(() => String, { nullable: true, description: 'At most 2,000 characters.' })
  description?: string | null

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

  @Field(() => String, { nullable: true, description: FILTER })
  filter?: string | null

  @Field(() => String, { nullable: true, description: TRANSFORM })
  transform?: string | null

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

@InputType({ description: 'The destination to delete.' })
export class DestinationDeleteInput {
  @Field(() => ID, { description: 'Of the destination.' })
  id!: string
}

@InputType({ description: 'The destination to switch on.' })
export class DestinationEnableInput {
  @Field(() => ID, { description: 'Of the destination.' })
  id!: string
}

@InputType({ description: 'The destination to switch off.' })
export class DestinationDisableInput {
  @Field(() => ID, { description: 'Of the destination.' })
  id!: string
}

@InputType({ description: 'Whose secret to replace, and how.' })
export class DestinationSecretRotateInput {
  @Field(() => ID, { description: 'Of the destination.' })
  id!: string

  @Field(() => String, { nullable: true, description: 'Generated when omitted. 16 to 512 characters.' })
  secret?: string | null

  @Field(() => Int, {
    nullable: true,
    defaultValue: 86_400,
    description: 'How long the old secret goes on signing, 0 to 2,592,000 s.',
  })
  overlapSeconds?: number | null
}

@InputType({ description: 'Whose secret to read.' })
export class DestinationSecretRevealInput {
  @Field(() => ID, { description: 'Of the destination.' })
  id!: string
}
