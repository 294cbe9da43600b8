import { Arg, FieldResolver, ID, Int, Resolver, Root, Subscription } from 'type-graphql'
import { encodeFeedCursor } from '../../domain/feed-cursor.ts'
import type { FeedItem } from '../../feed/feed.ts'
import type { Delivery } from '../../store/delivery.ts'
import type { ApiContext } from '../context.ts'
import { DeliveryType } from '../delivery/delivery-type.ts'
import { apiError } from '../mask-error.ts'
import { findNode } from '../node.ts'
import { overSocket, untilReturned } from '../until-returned.ts'
import { feedFilterOf, requireFeedCursor } from './attempt-filter.ts'
import { DeliveryAttemptFilter, FeedItemInterface } from './attempt-type.ts'

interface FeedArgs {
  readonly after?: string | null
  readonly last?: number | null
  readonly filter?: DeliveryAttemptFilter | null
}

const MAX_LAST = 100

@Resolver()
export class FeedResolver {
  @Subscription(() => FeedItemInterface, {
    description:
      'Every attempt, in the order in which they were committed, none skipped (at least once: dedupe on attempt.id after a resume). after = the last cursor that the client stored; omitted = from now, which is the moment of the first checkpoint.',
    subscribe: ({ args, context }) => followAttempts(args as FeedArgs, context as ApiContext),
  })
  deliveryAttempts(
    @Root() item: FeedItem,
    @Arg('after', () => String, { nullable: true, description: 'The last cursor that was kept. Default: from now.' })
    _after?: string | null,
    @Arg('filter', () => DeliveryAttemptFilter, { nullable: true, description: 'Default: all.' })
    _filter?: DeliveryAttemptFilter | null,
    @Arg('last', () => Int, {
      nullable: true,
      description: `Without after: begin with this number of the newest attempts, 1 to ${MAX_LAST}; with a filter, of those among the application's newest 2,000.`,
    })
    _last?: number | null,
  ): FeedItem {
    return overSocket(item)
  }

  @Subscription(() => DeliveryType, {
    description: 'The delivery as it stands, then again at each change, until it is finished.',
    subscribe: ({ args, context }) => followDelivery(args as { id: string }, context as ApiContext),
  })
  delivery(@Root() delivery: Delivery, @Arg('id', () => ID, { description: 'A dlv_ id.' }) _id: string): Delivery {
    return overSocket(delivery)
  }
}

@Resolver(() => FeedItemInterface)
export class FeedItemResolver {
  @FieldResolver(() => String, { description: 'Opaque.' })
  cursor(@Root() { position }: FeedItem): string {
    return encodeFeedCursor(position)
  }
}

function followAttempts({ after, last, filter }: FeedArgs, context: ApiContext): AsyncIterableIterator<FeedItem> {
  const within = feedFilterOf(context, filter)
  if (last != null && (last < 1 || last > MAX_LAST)) {
    throw apiError('BAD_USER_INPUT', `last: is 1 to ${MAX_LAST}, not ${last}`)
  }
  const from = { after: after == null ? undefined : requireFeedCursor(after), last: last ?? undefined }
  const { parts, principal, cost } = context
  const pace = parts.budgets.paceOf(principal, cost)
  return untilReturned((signal) => parts.feed.follow({ ...from, filter: within, signal, pace }))
}

async function followDelivery({ id }: { id: string }, context: ApiContext): Promise<AsyncIterableIterator<Delivery>> {
  const delivery = await findNode(context, 'dlv', id)
  if (!delivery) throw apiError('BAD_USER_INPUT', `id: there is no delivery ${id}`)
  return untilReturned((signal) => context.parts.watch.watch(delivery.id, signal))
}
