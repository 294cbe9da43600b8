import { Field, ID, InputType, ObjectType } from 'type-graphql'
import type { DeliveryProfile } from '../../domain/delivery-profile.ts'
import { NodeInterface } from '../node.ts'
import { DateTimeScalar } from '../scalars.ts'
import { MutationPayload } from '../user-error.ts'
import { DeliveryProfileInput, DeliveryProfileType } from './delivery-profile-type.ts'

@ObjectType('Application', {
  implements: NodeInterface,
  description: 'A product that publishes events. It owns the event catalogue, the delivery profile and the API keys.',
})
export class ApplicationType extends NodeInterface {
  @Field(() => String, { description: 'For people, 1 to 100 characters.' })
  name!: string

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => DeliveryProfileType, {
    description: "How this product's webhooks look on the wire and how failures are treated; see DeliveryProfileInput.",
  })
  deliveryProfile!: DeliveryProfile
}

@ObjectType('ApiKey', { implements: NodeInterface, description: 'A key with which a backend acts as its application.' })
export class ApiKeyType extends NodeInterface {
  @Field(() => String, { description: 'What it is for, in the words of who made it.' })
  name!: string

  @Field(() => String, { description: 'The first characters of the key.' })
  hint!: string

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => DateTimeScalar, { nullable: true, description: 'To the minute.' })
  lastUsedAt?: Date | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'Set once revoked; the key is refused from then on.' })
  revokedAt?: Date | null
}

@InputType({ description: 'A product that will publish events.' })
export class ApplicationCreateInput {
  @Field(() => String, { description: '1 to 100 characters.' })
  name!: string

  @Field(() => DeliveryProfileInput, {
    nullable: true,
    description: 'What is left out is as the default profile has it.',
  })
  deliveryProfile?: DeliveryProfileInput | null
}

@InputType({ description: 'Omitted = unchanged.' })
export class ApplicationUpdateInput {
  @Field(() => String, { nullable: true, description: '1 to 100 characters; null leaves it as it is.' })
  name?: string | null

  @Field(() => DeliveryProfileInput, {
    nullable: true,
    description: 'Only what is given changes; takes effect with the next attempt.',
  })
  deliveryProfile?: DeliveryProfileInput | null
}

@InputType({ description: 'One more key for a backend.' })
export class ApiKeyCreateInput {
  @Field(() => String, { description: 'What the key is for, 1 to 100 characters.' })
  name!: string

  @Field(() => ID, {
    nullable: true,
    description:
      'Binds the key to one organization: it may do what a portal session of it may, for as long as it is not revoked. For what customers connect themselves, such as Zapier and n8n. Default: a key of the application.',
  })
  organizationId?: string | null
}

@InputType({ description: 'The key to revoke.' })
export class ApiKeyRevokeInput {
  @Field(() => ID, { description: 'Of the key.' })
  id!: string
}

@ObjectType({ description: 'The new application.' })
export class ApplicationCreatePayload extends MutationPayload {
  @Field(() => ApplicationType, { nullable: true, description: 'null when it was refused.' })
  application?: ApplicationType | null

  @Field(() => String, { nullable: true, description: "The application's first API key. Shown once." })
  apiKey?: string | null
}

@ObjectType({ description: 'The application as it is now.' })
export class ApplicationUpdatePayload extends MutationPayload {
  @Field(() => ApplicationType, { nullable: true, description: 'null when it was refused.' })
  application?: ApplicationType | null
}

@ObjectType({ description: 'The new key.' })
export class ApiKeyCreatePayload extends MutationPayload {
  @Field(() => ApiKeyType, { nullable: true, description: 'null when it was refused.' })
  apiKey?: ApiKeyType | null

  @Field(() => String, { nullable: true, description: 'Shown once.' })
  secret?: string | null
}

@ObjectType({ description: 'The key, revoked.' })
export class ApiKeyRevokePayload extends MutationPayload {
  @Field(() => ApiKeyType, { nullable: true, description: 'null when it was refused.' })
  apiKey?: ApiKeyType | null
}
