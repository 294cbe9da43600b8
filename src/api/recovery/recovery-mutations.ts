import { Ctx, Mutation, Resolver } from 'type-graphql'
import { recoverDestination } from '../../deliver/recover-destination.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { InputArg } from '../input-arg.ts'
import { payloadOf } from '../user-error.ts'
import { DestinationRecoverInput, DestinationRecoverPayload } from './recovery-type.ts'

@Resolver()
export class RecoveryMutations {
  @Mutation(() => DestinationRecoverPayload, {
    description:
      'Sends again what the destination did not get: a new delivery (trigger RECOVERY) for each event of the range that has a delivery of these statuses, and none that arrived or is on its way. In the background, behind live traffic; calling it twice sends nothing twice.',
  })
  destinationRecover(
    @InputArg(() => DestinationRecoverInput) input: DestinationRecoverInput,
    @Ctx() context: ApiContext,
  ) {
    const scope = scopeOf(context)
    const { id, range, statuses, dryRun } = input
    const request = {
      id,
      from: range.from ?? undefined,
      to: range.to ?? undefined,
      statuses: statuses ?? ['FAILED' as const],
      dryRun: dryRun ?? false,
    }
    return payloadOf(() => recoverDestination(context.parts.store, scope, request))
  }
}
