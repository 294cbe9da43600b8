import { Field, InputType, Int, ObjectType } from 'type-graphql'
import { disabledReasons } from '../../domain/outcome.ts'
import { destinationHealths, destinationOrderings } from '../../store/destination.ts'
import { connectionOf } from '../connection.ts'
import { enumOf } from '../enum.ts'
import { NodeInterface } from '../node.ts'
import { DateTimeScalar, JsonObjectScalar } from '../scalars.ts'

export const DestinationHealthEnum = enumOf(
  'DestinationHealth',
  destinationHealths,
  'FAILING: as many failed attempts in a row as the delivery profile says. DISABLED: given up by the system.',
)
export const DisabledReasonEnum = enumOf(
  'DisabledReason',
  disabledReasons,
  'Why a destination gets nothing any more.',
  {
    MANUAL: 'A person switched it off, by destinationDisable.',
    CONSECUTIVE_FAILURES:
      'The number of failed attempts in a row, and the time without a success, that the delivery profile allows.',
    GONE: 'The receiver answered 410, or what its connector takes for that.',
    CREDENTIALS_REJECTED: 'The receiver does not take its credentials.',
    CONNECTOR_MISSING:
      'Reserved. Deliveries of a destination whose connector is not installed wait; the destination stays enabled.',
  },
)

export const DestinationOrderingEnum = enumOf(
  'DestinationOrdering',
  destinationOrderings,
  'ANY: as fast as the destination takes them. FIFO: one at a time, in the order of publishing; a retry holds back what comes after it.',
)

@ObjectType({ description: 'A write-only secret: that it is set, never what it is.' })
export class CredentialSummary {
  @Field(() => String, { description: 'As the connector’s credentialSchema has it.' })
  name!: string

  @Field(() => Boolean, { description: 'Whether one is stored.' })
  isSet!: boolean

  @Field(() => String, { nullable: true, description: 'Its last characters, where it is long enough.' })
  hint?: string | null
}

@ObjectType('SigningSecret', { description: 'A secret that signs requests now.' })
export class SigningSecretType {
  @Field(() => String, { description: 'Its last characters.' })
  hint!: string

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it stops signing, after a rotation; null: not set to end.',
  })
  expiresAt?: Date | null
}

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

@ObjectType({ description: 'A page of a list.' })
export class DestinationConnection extends connectionOf('Destination', () => DestinationType) {}

@InputType({ description: 'Each condition that is given must hold.' })
export class DestinationFilter {
  @Field(() => [String], { nullable: true, description: 'Connector keys.' })
  connectors?: string[] | null

  @Field(() => Boolean, { nullable: true, description: 'Only those that are switched on, or off. Default: both.' })
  active?: boolean | null

  @Field(() => [DestinationHealthEnum], { nullable: true, description: 'In any of these states. Default: all.' })
  health?: (keyof typeof DestinationHealthEnum)[] | null

  @Field(() => String, {
    nullable: true,
    description: 'Those that get this type, by name, by prefix, or because they get all.',
  })
  eventType?: string | null

  @Field(() => String, { nullable: true, description: 'Part of label, key or target; case does not matter.' })
  search?: string | null
}
