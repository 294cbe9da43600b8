import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql'
import type { DeliveryProfile } from '../../domain/delivery-profile.ts'
import { NodeInterface } from '../node.ts'
import { DateTimeScalar } from '../scalars.ts'
import { MutationPayload } from '../user-error.ts'

@ObjectType('DeliveryProfile', { description: 'The wire format and failure policy of one application.' })
export class DeliveryProfileType implements Partial<DeliveryProfile> {
  @Field(() => Int, {
    description: 'Time limit of one attempt, milliseconds: look-up, connection, answer and body together.',
  })
  timeoutMs!: number

  @Field(() => [Int], { description: 'Delay before retry n, seconds. Its length is the number of retries.' })
  retryDelays!: number[]

  @Field(() => Float, { description: '0 to 1: each delay is spread by plus or minus this share.' })
  retryJitter!: number

  @Field(() => Boolean, { description: 'false also allows http:// targets.' })
  httpsOnly!: boolean
}

@InputType({ description: 'Omitted = unchanged, or the default for a new application.' })
export class DeliveryProfileInput {
  @Field(() => Int, { nullable: true, description: '1,000 to 60,000 ms. Default 15,000.' })
  timeoutMs?: number | null

  @Field(() => [Int], {
    nullable: true,
    description: 'At most 50 delays of at most 30 days each, seconds. Default 5 s to 24 h, nine retries.',
  })
  retryDelays?: number[] | null

  @Field(() => Float, { nullable: true, description: '0 to 1. Default 0.2.' })
  retryJitter?: number | null

  @Field(() => Boolean, { nullable: true, description: 'Default true.' })
  httpsOnly?: boolean | null
}

@ObjectType('Application', {
  implements: NodeInterface,
  description: 'A product that publishes events. It owns the event catalogue, the delivery profile and the API keys.',
})
export class ApplicationType extends NodeInterface {
  @Field(() => String)
  name!: string

  @Field(() => DateTimeScalar)
  createdAt!: Date

  @Field(() => DeliveryProfileType, {
    description: "How this product's webhooks look on the wire and how failures are treated; see DeliveryProfileInput.",
  })
  deliveryProfile!: DeliveryProfile
}

@ObjectType('ApiKey', { implements: NodeInterface, description: 'A key with which a backend acts as its application.' })
export class ApiKeyType extends NodeInterface {
  @Field(() => String)
  name!: string

  @Field(() => String, { description: 'The first characters of the key.' })
  hint!: string

  @Field(() => DateTimeScalar)
  createdAt!: Date

  @Field(() => DateTimeScalar, { nullable: true, description: 'To the minute.' })
  lastUsedAt?: Date | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'Set once revoked; the key is refused from then on.' })
  revokedAt?: Date | null
}

@InputType()
export class ApplicationCreateInput {
  @Field(() => String, { description: '1 to 100 characters.' })
  name!: string

  @Field(() => DeliveryProfileInput, { nullable: true })
  deliveryProfile?: DeliveryProfileInput | null
}

@InputType({ description: 'Omitted = unchanged.' })
export class ApplicationUpdateInput {
  @Field(() => String, { nullable: true })
  name?: string | null

  @Field(() => DeliveryProfileInput, { nullable: true })
  deliveryProfile?: DeliveryProfileInput | null
}

@InputType()
export class ApiKeyCreateInput {
  @Field(() => String, { description: 'What the key is for, 1 to 100 characters.' })
  name!: string
}

@InputType()
export class ApiKeyRevokeInput {
  @Field(() => ID)
  id!: string
}

@ObjectType()
export class ApplicationCreatePayload extends MutationPayload {
  @Field(() => ApplicationType, { nullable: true })
  application?: ApplicationType | null

  @Field(() => String, { nullable: true, description: "The application's first API key. Shown once." })
  apiKey?: string | null
}

@ObjectType()
export class ApplicationUpdatePayload extends MutationPayload {
  @Field(() => ApplicationType, { nullable: true })
  application?: ApplicationType | null
}

@ObjectType()
export class ApiKeyCreatePayload extends MutationPayload {
  @Field(() => ApiKeyType, { nullable: true })
  apiKey?: ApiKeyType | null

  @Field(() => String, { nullable: true, description: 'Shown once.' })
  secret?: string | null
}

@ObjectType()
export class ApiKeyRevokePayload extends MutationPayload {
  @Field(() => ApiKeyType, { nullable: true })
  apiKey?: ApiKeyType | null
}
