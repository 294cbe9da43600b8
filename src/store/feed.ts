import { type FeedPosition, feedPositionBefore } from '../domain/feed-cursor.ts'
import { type Id, idToUuid } from '../domain/id.ts'
import type { AttemptOutcome } from '../domain/outcome.ts'
import { DeliveryAttempt } from './delivery-attempt.ts'
import type { Store } from './store.ts'

/** Which attempts a follower may and wants to see. Undefined: no bound. */
export interface FeedFilter {
  readonly applicationId: Id<'app'>
  readonly organizationId?: Id<'org'> | undefined
  readonly destinationIds?: readonly Id<'dst'>[] | undefined
  readonly eventTypes?: readonly string[] | undefined
  readonly outcomes?: readonly AttemptOutcome[] | undefined
}

export interface FeedRow {
  readonly position: FeedPosition
  readonly attempt: DeliveryAttempt
}

export interface FeedPage {
  readonly rows: readonly FeedRow[]
  /** All attempts before this position are committed and visible: a reader that had the whole page stands here. */
  readonly horizon: FeedPosition
  /** True when the page was cut by its limit. */
  readonly hasMore: boolean
  /** True when attempts are committed that an older, still running transaction holds back. */
  readonly isHeldBack: boolean
}

export function matchesFeedFilter(filter: FeedFilter, attempt: DeliveryAttempt): boolean {
  return (
    attempt.applicationId === filter.applicationId &&
    (filter.organizationId === undefined || attempt.organizationId === filter.organizationId) &&
    (filter.destinationIds?.includes(attempt.destinationId) ?? true) &&
    (filter.eventTypes?.includes(attempt.eventType) ?? true) &&
    (filter.outcomes?.includes(attempt.outcome) ?? true)
  )
}

/**
 * Attempts after a position, in the order of the feed. It stops below the oldest running transaction: a row that
 * commits later than a younger one is still ahead of every reader. One statement, so one snapshot.
 */
export async function readFeed(
  store: Store,
  after: FeedPosition,
  { filter, limit }: { filter?: FeedFilter; limit: number },
): Promise<FeedPage> {
  const { where, values } = conditions(filter)
  const rows = await store.sql<Horizon & { isHeldBack: boolean; row: Record<string, unknown> | null }>(
    // held is read once, not for each row, and in the index's order: planners expect a hit soon, and would scan for it.
    `with bound as materialized (select epoch, pg_snapshot_xmin(pg_current_snapshot()) as xmin from feed_epoch),
     held as materialized (
       select from bound cross join lateral (
         select feed_epoch, feed_xid, id from delivery_attempt where feed_epoch = bound.epoch and feed_xid >= bound.xmin
         order by feed_epoch, feed_xid, id limit 1
       ) h
     )
     select bound.epoch::text, bound.xmin::text, exists (select from held) as "isHeldBack", to_json(a) as row
     from bound left join lateral (
       select * from delivery_attempt
       where (feed_epoch, feed_xid, id) > ($1::bigint, $2::xid8, $3::uuid)
         and (feed_epoch < bound.epoch or feed_xid < bound.xmin) ${where}
       order by feed_epoch, feed_xid, id limit $4
     ) a on true`,
    [after.epoch, after.xid.toString(), after.attemptUuid, limit + 1, ...values],
  )
  const found = rows.flatMap(({ row }) => (row ? [toFeedRow(store, row)] : []))
  const hasMore = found.length > limit
  return { rows: found.slice(0, limit), horizon: toHorizon(rows[0]!), hasMore, isHeldBack: rows[0]!.isHeldBack }
}

/** Where the feed stands now: every attempt that commits from here on comes after it. */
export async function feedHorizon({ sql }: Store): Promise<FeedPosition> {
  const [row] = await sql<Horizon>(
    'select epoch::text, pg_snapshot_xmin(pg_current_snapshot())::text as xmin from feed_epoch',
  )
  return toHorizon(row!)
}

/** The position just before the newest `count` attempts that match. */
export async function feedPositionOfLast(store: Store, filter: FeedFilter, count: number): Promise<FeedPosition> {
  const { where, values } = conditions(filter, 2)
  const rows = await store.sql<{ epoch: string; xid: string; id: string }>(
    `select feed_epoch::text as epoch, feed_xid::text as xid, id from delivery_attempt
     where feed_xid < pg_snapshot_xmin(pg_current_snapshot()) ${where}
     order by feed_epoch desc, feed_xid desc, id desc limit 1 offset $1`,
    [count, ...values],
  )
  const row = rows[0]
  if (row) return { epoch: Number(row.epoch), xid: BigInt(row.xid), attemptUuid: row.id }
  // There are no more than that: from the first one.
  const [first] = await store.sql<{ epoch: string }>(
    'select coalesce((select min(feed_epoch) from delivery_attempt), epoch)::text as epoch from feed_epoch',
  )
  return feedPositionBefore(Number(first!.epoch), 0n)
}

interface Horizon {
  readonly epoch: string
  readonly xmin: string
}

function toHorizon({ epoch, xmin }: Horizon): FeedPosition {
  return feedPositionBefore(Number(epoch), BigInt(xmin))
}

function conditions(filter: FeedFilter | undefined, first = 5): { where: string; values: unknown[] } {
  if (!filter) return { where: '', values: [] }
  const parts: [sql: string, value: unknown][] = [['application_id =', idToUuid(filter.applicationId)]]
  if (filter.organizationId) parts.push(['organization_id =', idToUuid(filter.organizationId)])
  if (filter.destinationIds) parts.push(['destination_id = any', filter.destinationIds.map(idToUuid)])
  if (filter.eventTypes) parts.push(['event_type = any', filter.eventTypes])
  if (filter.outcomes) parts.push(['outcome = any', filter.outcomes])
  const terms = parts.map(
    ([sql, value], i) => `and ${sql} ${Array.isArray(value) ? `($${first + i})` : `$${first + i}`}`,
  )
  return { where: terms.join(' '), values: parts.map(([, value]) => value) }
}

function toFeedRow(store: Store, row: Record<string, unknown>): FeedRow {
  const attempt = store.em().map(DeliveryAttempt, row as never)
  return {
    position: { epoch: Number(row.feed_epoch), xid: BigInt(row.feed_xid as string), attemptUuid: row.id as string },
    attempt,
  }
}
