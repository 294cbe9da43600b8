import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root, Subscription } from 'type-graphql'
import { watchRecovery } from '../../deliver/watch-recovery.ts'
import type { Destination } from '../../store/destination.ts'
import type { RecoveryJob } from '../../store/recovery-job.ts'
import type { ApiContext } from '../context.ts'
import { DestinationType } from '../destination/destination-type.ts'
import { apiError } from '../mask-error.ts'
import { findNode } from '../node.ts'
import { overSocket, untilReturned } from '../until-returned.ts'
import { RecoveryJobType } from './recovery-type.ts'

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
