import { Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql'
import { revealSigningSecret, rotateSigningSecret } from '../../destinations/signing-secret.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { apiError } from '../mask-error.ts'
import { DateTimeScalar } from '../scalars.ts'
import { MutationPayload, payloadOf } from '../user-error.ts'
import { DestinationType } from './destination-type.ts'

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

@Resolver()
export class DestinationSecretResolver {
  @Mutation(() => DestinationSecretRotatePayload, {
    description: 'The old secret goes on signing, beside the new one, for overlapSeconds.',
  })
  destinationSecretRotate(
    @InputArg(() => DestinationSecretRotateInput) input: DestinationSecretRotateInput,
    @Ctx() context: ApiContext,
  ) {
    const scope = scopeOf(context)
    const rotation = { ...input, overlapSeconds: input.overlapSeconds ?? 86_400 }
    return payloadOf(() => rotateSigningSecret(context.parts.store, scope, rotation))
  }

  @Mutation(() => DestinationSecretRevealPayload, {
    description:
      'Reads the current signing secret. Not for the operator key; every read is written to the audit log first.',
  })
  destinationSecretReveal(
    @InputArg(() => DestinationSecretRevealInput) input: DestinationSecretRevealInput,
    @Ctx() context: ApiContext,
  ) {
    const { principal, parts } = context
    if (principal.kind === 'OPERATOR') throw apiError('FORBIDDEN', 'The operator key does not read secrets')
    const scope = scopeOf(context)
    return payloadOf(async () => ({ signingSecret: await revealSigningSecret(parts.store, scope, input.id) }))
  }
}
