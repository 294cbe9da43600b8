import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql'
import { recoverDestination } from '../../deliver/recover-destination.ts'
import { watchRecovery } from '../../deliver/watch-recovery.ts'
import type { Destination } from '../../store/destination.ts'
import type { RecoveryJob } from '../../store/recovery-job.ts'
import { type ApiContext, scopeOf } from '../context.ts'
import { DestinationType } from '../destination/destination-type.ts'
import { InputArg } from '../input-arg.ts'
import { apiError } from '../mask-error.ts'
import { findNode } from '../node.ts'
import { overSocket, untilReturned } from '../until-returned.ts'
import { payloadOf } from '../user-error.ts'
import { DestinationRecoverInput, DestinationRecoverPayload, RecoveryJobType } from './recovery-type.ts'

@Resolver(() => RecoveryJobType)
export class RecoveryResolver {
  @Query(() => RecoveryJobType, { nullable: true, description: 'null when there is none that the caller may see.' })
  recoveryJob(
    @Arg('id', () => ID, { description: 'A rec_ id.' }) id: string,
    @Ctx() context: ApiContext,
  ): Promise<RecoveryJob | undefined> {
    return findNode(context, 'rec', id)
  }

  @FieldResolver(() => DestinationType, { nullable: true, description: 'null once deleted; the id stays.' })
  destination(
    @Root() { destinationId }: RecoveryJob,
    @Ctx() { loaders }: ApiContext,
  ): Promise<Destination | undefined> {
    return loaders.destination.load(destinationId)
  }

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

  @Subscription(() => RecoveryJobType, {
    name: 'recoveryJob',
    description: 'The job as it stands, then at each change, until it is finished.',
    subscribe: ({ args, context }) => follow(args as { id: string }, context as ApiContext),
  })
  followRecoveryJob(
    @Root() job: RecoveryJob,
    @Arg('id', () => ID, { description: 'A rec_ id.' }) _id: string,
  ): RecoveryJob {
    return overSocket(job)
  }
}

async function follow({ id }: { id: string }, context: ApiContext): Promise<AsyncIterableIterator<RecoveryJob>> {
  const job = await findNode(context, 'rec', id)
  if (!job) throw apiError('BAD_USER_INPUT', `id: there is no recovery job ${id}`)
  return untilReturned((signal) => watchRecovery(context.parts.store, job.id, signal))
}
