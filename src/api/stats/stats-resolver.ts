import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import { DAY_MS } from '../../domain/day.ts'
import { MINUTES_KEPT_DAYS, readStats, type StatsPoint, type StatsSpan, statsSpan } from '../../feed/stats-sql.ts'
import type { Destination } from '../../store/destination.ts'
import { type ApiContext, organizationOf, scopeOf } from '../context.ts'
import { DestinationType } from '../destination/destination-type.ts'
import { NOBODY } from '../id-filter.ts'
import { apiError } from '../mask-error.ts'
import { checkTexts } from '../text-filter.ts'
import { StatsArgs, StatsPointType } from './stats-type.ts'

const MAX_POINTS = 1_500
const POINT_BYTES = 50
/** Behind the limit on minutes: a range relative to now was read a moment ago, and its first minute is a whole one. */
const SLACK_MS = 120_000

@Resolver()
export class StatsResolver {
  @Query(() => [StatsPointType], {
    description: `A point for each bucket of the range, oldest first, also where nothing happened; at most ${MAX_POINTS}.`,
  })
  async stats(
    @Args(() => StatsArgs) args: StatsArgs,
    @Ctx() context: ApiContext,
    @Arg('organizationId', () => ID, { nullable: true, description: 'Default: all of the application.' })
    organizationId?: string | null,
    @Arg('eventType', () => String, {
      nullable: true,
      description: 'Only attempts of events of this type. Not with connector.',
    })
    eventType?: string | null,
    @Arg('connector', () => String, {
      nullable: true,
      description: 'Only attempts to destinations of this connector, by its key. Not with eventType.',
    })
    connector?: string | null,
  ): Promise<StatsPoint[]> {
    if (eventType != null && connector != null) {
      throw apiError('BAD_USER_INPUT', 'connector: give one of eventType and connector')
    }
    const scope = scopeOf(context)
    const { applicationId } = scope
    const span = checkSpan(args)
    chargePoints(context, span)
    const asked = organizationOf(scope, organizationId)
    // Counts are kept by the organization's id alone, so whose it is is looked up.
    const own = asked && ((await context.loaders.organization.load(asked))?.id ?? NOBODY)
    return readStats(context.parts.store, {
      applicationId,
      organizationId: own,
      eventType: checkTexts('eventType', eventType) ?? undefined,
      connector: checkTexts('connector', connector) ?? undefined,
      span,
    })
  }
}

@Resolver(() => DestinationType)
export class DestinationStatsResolver {
  @FieldResolver(() => [StatsPointType], {
    description: `A point for each bucket of the range, oldest first, also where nothing happened; at most ${MAX_POINTS}.`,
  })
  stats(
    @Root() { id }: Destination,
    @Args(() => StatsArgs) args: StatsArgs,
    @Ctx() context: ApiContext,
  ): Promise<StatsPoint[]> {
    const span = checkSpan(args)
    chargePoints(context, span)
    return context.loaders.stats(id, span)
  }
}

/** Before they are read: one field may ask for hundreds of them, under each of a hundred destinations. */
function chargePoints({ answer }: ApiContext, { count }: StatsSpan): void {
  answer.charge(count * POINT_BYTES)
}

function checkSpan({ range: { from, to }, bucket }: StatsArgs): StatsSpan {
  const now = Date.now()
  if (!from) throw apiError('BAD_USER_INPUT', 'range.from: is required')
  const end = to ?? new Date(now)
  if (from >= end) throw apiError('BAD_USER_INPUT', 'range.from: is not before range.to')
  const span = statsSpan(bucket, from, end)
  if (span.count > MAX_POINTS) {
    throw apiError('BAD_USER_INPUT', `range: has ${span.count} points; at most ${MAX_POINTS}: take a wider bucket`)
  }
  if (bucket === 'MINUTE' && from.getTime() < now - MINUTES_KEPT_DAYS * DAY_MS - SLACK_MS) {
    throw apiError('BAD_USER_INPUT', `range.from: minutes are kept for ${MINUTES_KEPT_DAYS} days; take HOUR or DAY`)
  }
  return span
}
