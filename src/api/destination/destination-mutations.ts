import { Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql'
import { createDestination } from '../../destinations/create-destination.ts'
import { deleteDestination } from '../../destinations/delete-destination.ts'
import { disableDestination, enableDestination } from '../../destinations/switch-destination.ts'
import { updateDestination } from '../../destinations/update-destination.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { MutationPayload, payloadOf } from '../user-error.ts'
import { DestinationCreateInput, DestinationType, DestinationUpdateInput } from './destination-type.ts'

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

@Resolver()
export class DestinationMutations {
  @Mutation(() => DestinationCreatePayload, { description: 'One more place that events of the organization go.' })
  destinationCreate(@InputArg(() => DestinationCreateInput) input: DestinationCreateInput, @Ctx() context: ApiContext) {
    const scope = scopeOf(context)
    return payloadOf(() => createDestination(context.parts, scope, input))
  }

  @Mutation(() => DestinationUpdatePayload, {
    description: 'Takes effect with the next attempt, also of pending deliveries.',
  })
  destinationUpdate(@InputArg(() => DestinationUpdateInput) input: DestinationUpdateInput, @Ctx() context: ApiContext) {
    const scope = scopeOf(context)
    return payloadOf(async () => ({ destination: await updateDestination(context.parts, scope, input) }))
  }

  @Mutation(() => DestinationDeletePayload, {
    description: 'Pending deliveries are cancelled when their turn comes; records stay.',
  })
  destinationDelete(@InputArg(() => DestinationDeleteInput) input: DestinationDeleteInput, @Ctx() context: ApiContext) {
    const scope = scopeOf(context)
    return payloadOf(async () => ({ deletedId: await deleteDestination(context.parts, scope, input.id) }))
  }

  @Mutation(() => DestinationEnablePayload, {
    description: 'Switches it on, and clears what the system held against it.',
  })
  destinationEnable(@InputArg(() => DestinationEnableInput) input: DestinationEnableInput, @Ctx() context: ApiContext) {
    const scope = scopeOf(context)
    return payloadOf(async () => ({
      destination: await enableDestination(context.parts.store, scope, input.id),
    }))
  }

  @Mutation(() => DestinationDisablePayload, { description: 'Switches it off; settings and secret stay.' })
  destinationDisable(
    @InputArg(() => DestinationDisableInput) input: DestinationDisableInput,
    @Ctx() context: ApiContext,
  ) {
    const scope = scopeOf(context)
    return payloadOf(async () => ({
      destination: await disableDestination(context.parts.store, scope, input.id),
    }))
  }
}
