import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import { parseId } from '../../domain/id.ts'
import { MINUTES_KEPT_DAYS, readStats, type StatsPoint, type StatsSpan, statsSpan } from '../../store/attempt-stats.ts'
import type { Destination } from '../../store/destination.ts'
import { type ApiContext, applicationOf } from '../context.ts'
import { DestinationType } from '../destination/destination-type.ts'
import { NOBODY } from '../id-filter.ts'
import { apiError } from '../mask-error.ts'
import { StatsArgs, StatsPointType } from './stats-type.ts'

const MAX_POINTS = 1_500
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
    @Arg('organizationId', () => ID, { nullable: true }) organizationId?: string | null,
  ): Promise<StatsPoint[]> {
    const applicationId = applicationOf(context)
    const span = checkSpan(args)
    const organization = organizationId == null ? undefined : await ownOrganization(context, organizationId)
    return readStats(context.parts.store, { applicationId, organizationId: organization, span })
  }
}

@Resolver(() => DestinationType)
export class DestinationStatsResolver {
  @FieldResolver(() => [StatsPointType], {
    description: `A point for each bucket of the range, oldest first, also where nothing happened; at most ${MAX_POINTS}.`,
  })
  stats(
    @Root() { id, applicationId }: Destination,
    @Args(() => StatsArgs) args: StatsArgs,
    @Ctx() { parts }: ApiContext,
  ): Promise<StatsPoint[]> {
    return readStats(parts.store, { applicationId, destinationId: id, span: checkSpan(args) })
  }
}

/** Counts are kept by the organization's id alone, so whose it is is looked up. */
async function ownOrganization({ loaders }: ApiContext, text: string) {
  const id = parseId('org', text)
  return (id && (await loaders.organization.load(id)))?.id ?? NOBODY
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
  if (bucket === 'MINUTE' && from.getTime() < now - MINUTES_KEPT_DAYS * 86_400_000 - SLACK_MS) {
    throw apiError('BAD_USER_INPUT', `range.from: minutes are kept for ${MINUTES_KEPT_DAYS} days; take HOUR or DAY`)
  }
  return span
}
