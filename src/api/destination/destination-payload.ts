import { Field, ID, ObjectType } from 'type-graphql'
import { DateTimeScalar } from '../scalars.ts'
import { MutationPayload } from '../user-error.ts'
import { DestinationType } from './destination-type.ts'

@ObjectType({ description: 'The new destination.' })
export class DestinationCreatePayload extends MutationPayload {
  @Field(() => DestinationType, { nullable: true, description: 'null when it was refused.' })
  destination?: DestinationType | null

  @Field(() => String, { nullable: true, description: 'The secret that signs; null when unsigned.' })
  signingSecret?: string | null
}

@ObjectType({ description: 'The destination as it is now.' })
export class DestinationUpdatePayload extends MutationPayload {
  @Field(() => DestinationType, { nullable: true, description: 'null when it was refused.' })
  destination?: DestinationType | null
}

@ObjectType({ description: 'What was deleted.' })
export class DestinationDeletePayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'null when it was refused.' })
  deletedId?: string | null
}

@ObjectType({ description: 'The destination, switched on.' })
export class DestinationEnablePayload extends MutationPayload {
  @Field(() => DestinationType, { nullable: true, description: 'null when it was refused.' })
  destination?: DestinationType | null
}

@ObjectType({ description: 'The destination, switched off.' })
export class DestinationDisablePayload extends MutationPayload {
  @Field(() => DestinationType, { nullable: true, description: 'null when it was refused.' })
  destination?: DestinationType | null
}

@ObjectType({ description: 'The new secret.' })
export class DestinationSecretRotatePayload extends MutationPayload {
  @Field(() => DestinationType, { nullable: true, description: 'null when it was refused.' })
  destination?: DestinationType | null

  @Field(() => String, { nullable: true, description: 'The new one, in the clear; null when it was refused.' })
  signingSecret?: string | null

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the old secret stops signing; null when there was none.',
  })
  previousExpiresAt?: Date | null
}

@ObjectType({ description: 'The secret.' })
export class DestinationSecretRevealPayload extends MutationPayload {
  @Field(() => String, {
    nullable: true,
    description: 'The one that signs now, in the clear; null when it was refused.',
  })
  signingSecret?: string | null
}
