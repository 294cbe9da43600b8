import { Field, ID, ObjectType } from 'type-graphql'
import { DateTimeScalar } from '../scalars.ts'
import { MutationPayload } from '../user-error.ts'
import { DestinationType } from './destination-type.ts'

@ObjectType()
export class DestinationCreatePayload extends MutationPayload {
  @Field(() => DestinationType, { nullable: true })
  destination?: DestinationType | null

  @Field(() => String, { nullable: true, description: 'The secret that signs; null when unsigned.' })
  signingSecret?: string | null
}

@ObjectType()
export class DestinationUpdatePayload extends MutationPayload {
  @Field(() => DestinationType, { nullable: true })
  destination?: DestinationType | null
}

@ObjectType()
export class DestinationDeletePayload extends MutationPayload {
  @Field(() => ID, { nullable: true })
  deletedId?: string | null
}

@ObjectType()
export class DestinationEnablePayload extends MutationPayload {
  @Field(() => DestinationType, { nullable: true })
  destination?: DestinationType | null
}

@ObjectType()
export class DestinationDisablePayload extends MutationPayload {
  @Field(() => DestinationType, { nullable: true })
  destination?: DestinationType | null
}

@ObjectType()
export class DestinationSecretRotatePayload extends MutationPayload {
  @Field(() => DestinationType, { nullable: true })
  destination?: DestinationType | null

  @Field(() => String, { nullable: true })
  signingSecret?: string | null

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the old secret stops signing; null when there was none.',
  })
  previousExpiresAt?: Date | null
}

@ObjectType()
export class DestinationSecretRevealPayload extends MutationPayload {
  @Field(() => String, { nullable: true })
  signingSecret?: string | null
}
