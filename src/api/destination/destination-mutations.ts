import { Ctx, Mutation, Resolver } from 'type-graphql'
import { createDestination } from '../../destinations/create-destination.ts'
import { deleteDestination } from '../../destinations/delete-destination.ts'
import { revealSigningSecret, rotateSigningSecret } from '../../destinations/signing-secret.ts'
import { disableDestination, enableDestination } from '../../destinations/switch-destination.ts'
import { updateDestination } from '../../destinations/update-destination.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { apiError } from '../mask-error.ts'
import { payloadOf } from '../user-error.ts'
import {
  DestinationCreateInput,
  DestinationDeleteInput,
  DestinationDisableInput,
  DestinationEnableInput,
  DestinationSecretRevealInput,
  DestinationSecretRotateInput,
  DestinationUpdateInput,
} from './destination-input.ts'
import {
  DestinationCreatePayload,
  DestinationDeletePayload,
  DestinationDisablePayload,
  DestinationEnablePayload,
  DestinationSecretRevealPayload,
  DestinationSecretRotatePayload,
  DestinationUpdatePayload,
} from './destination-payload.ts'

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
