import { Args, Ctx, Extensions, FieldResolver, Query, Resolver, Root } from 'type-graphql'
import { renderEnvelope } from '../../domain/envelope.ts'
import { compareFeedPositions, encodeFeedCursor, feedPositionBefore } from '../../domain/feed-cursor.ts'
import { idTime } from '../../domain/id.ts'
import { type FeedAttempt, readFeed } from '../../feed/feed-sql.ts'
import type { Delivery } from '../../store/delivery.ts'
import type { DeliveryAttempt } from '../../store/delivery-attempt.ts'
import { CHARGES_ITSELF } from '../budgets/charge-answers.ts'
import { type Connection, checkFirst } from '../connection.ts'
import type { ApiContext } from '../context.ts'
import { DeliveryType } from '../delivery/delivery-type.ts'
import { apiError } from '../mask-error.ts'
import { feedFilterOf, requireFeedCursor } from './attempt-filter.ts'
import { AttemptConnection, AttemptPageArgs, AttemptType, HttpRequestRecord } from './attempt-type.ts'

@Resolver(() => AttemptType)
export class AttemptResolver {
  @Query(() => AttemptConnection, {
    description:
      'Oldest first, with the same cursors as Subscription.deliveryAttempts: catch up here, or poll. A page of a rare filter may be short or empty while hasNextPage is true: it looks at 2,000 attempts of the application.',
  })
  async deliveryAttempts(
    @Args(() => AttemptPageArgs) args: AttemptPageArgs,
    @Ctx() context: ApiContext,
  ): Promise<Connection<DeliveryAttempt>> {
    const after = args.after == null ? feedPositionBefore(0, 0n) : requireFeedCursor(args.after)
    const filter = feedFilterOf(context, args.filter)
    const limit = checkFirst(args.first, 100)
    const page = await readFeed(context.parts.store.reads, after, { filter, limit })
    // Without a cursor nothing is missed: that begins with the oldest that is kept.
    if (args.after != null && page.lostUntil && compareFeedPositions(after, page.lostUntil) < 0) throw expired()
    const edges = page.rows.map(({ attempt, position }) => ({ node: attempt, cursor: encodeFeedCursor(position) }))
    return {
      edges,
      nodes: edges.map((edge) => edge.node),
      pageInfo: {
        hasNextPage: page.hasMore,
        hasPreviousPage: args.after != null,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: page.hasMore ? encodeFeedCursor(page.end) : (edges.at(-1)?.cursor ?? args.after ?? null),
      },
    }
  }

  @FieldResolver(() => DeliveryType, {
    nullable: true,
    description: 'null once retention has dropped it; the id stays.',
  })
  delivery(@Root() { deliveryId }: DeliveryAttempt, @Ctx() { loaders }: ApiContext): Promise<Delivery | undefined> {
    return loaders.delivery.load(deliveryId)
  }

  @FieldResolver(() => HttpRequestRecord, { nullable: true, description: 'null when nothing was sent.' })
  request(@Root() attempt: DeliveryAttempt): RequestSource | null {
    return attempt.request ? { ...attempt.request, attempt } : null
  }
}

function expired(): Error {
  return apiError(
    'BAD_USER_INPUT',
    'after: lies before what is kept, attempts behind it may have been dropped; leave it out to begin with the oldest',
  )
}

type RequestSource = NonNullable<DeliveryAttempt['request']> & { readonly attempt: DeliveryAttempt | FeedAttempt }

@Resolver(() => HttpRequestRecord)
export class HttpRequestRecordResolver {
  @Extensions(CHARGES_ITSELF)
  @FieldResolver(() => String, {
    nullable: true,
    description: "What was sent, credentials blanked out. null once the event's data is no longer kept.",
  })
  async body(
    @Root() source: RequestSource | { readonly body: string },
    @Ctx() context: ApiContext,
  ): Promise<string | null> {
    const { answer, loaders } = context
    if ('body' in source) {
      answer.charge(Buffer.byteLength(source.body))
      return source.body
    }
    const { attempt } = source
    const bytes =
      'requestBodyBytes' in attempt ? attempt.requestBodyBytes : await loaders.requestBodyBytes.load(attempt.id)
    if (bytes == null) return envelopeOf(attempt, context)
    return (await answer.load(bytes, () => loaders.requestBody.load(attempt.id))) ?? null
  }
}

/** As it was sent: rendered again from the event and the profile of that time. */
async function envelopeOf(attempt: DeliveryAttempt, { answer, loaders }: ApiContext): Promise<string | null> {
  const [event, organization, profile] = await Promise.all([
    loaders.event.load(attempt.eventId),
    loaders.organization.load(attempt.organizationId),
    loaders.profileVersion.load([attempt.applicationId, attempt.profileVersion]),
  ])
  if (!event || !profile) return null
  return answer.load(event.dataBytes, async () => {
    const dataJson = await loaders.eventData.load(event.id)
    if (dataJson === undefined) return null
    return renderEnvelope(profile.settings.envelope, {
      id: event.id,
      type: event.type,
      createdAt: idTime(event.id),
      organizationId: organization?.externalId ?? event.organizationId,
      dataJson,
    })
  })
}
