import { type FeedPosition, feedPositionBefore, laterFeedPosition } from '../domain/feed-cursor.ts'
import { type Id, idFromUuid, idToUuid, type Uuid } from '../domain/id.ts'
import type { AttemptOutcome } from '../domain/outcome.ts'
import type { DeliveryAttempt } from '../store/delivery-attempt.ts'
import type { Sql } from '../store/sql.ts'

/** Which attempts a follower may and wants to see. Undefined: no bound. */
export interface FeedFilter {
  readonly applicationId: Id<'app'>
  readonly organizationId?: Id<'org'> | undefined
  readonly destinationIds?: readonly Id<'dst'>[] | undefined
  readonly eventTypes?: readonly string[] | undefined
  readonly outcomes?: readonly AttemptOutcome[] | undefined
}

export interface FeedBounds {
  /**
   * The last attempt that can be shown: a reader that has seen all stands here. Not further, at the oldest running
   * transaction: a Postgres that crashes gives ids that left no trace in its log to others, who would then commit behind
   * such a reader.
   */
  readonly horizon: FeedPosition
  /** No position is later, unless the database was restored to an earlier state. */
  readonly latest: FeedPosition
  /** Retention has dropped attempts up to here; undefined before the first time. */
  readonly lostUntil: FeedPosition | undefined
}

/** An attempt without the body of its request, which may be a megabyte: store/large-text.ts loads it for those that ask. */
export type FeedAttempt = DeliveryAttempt & { readonly requestBodyBytes: number | null }

export interface FeedRow {
  readonly position: FeedPosition
  readonly attempt: FeedAttempt
}

export interface FeedPage extends FeedBounds {
  readonly rows: readonly FeedRow[]
  /** Where the next page begins: nothing that matches lies between the last row and here. */
  readonly end: FeedPosition
  /** True when the page was cut, by its limit or, maybe without a row, by how much it may look at. */
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

/** Attempts of the application that a page of a filter looks at: a rare one would read all of them in one statement. */
const MAX_LOOKED_AT = 2_000

/**
 * Attempts after a position, in the order of the feed. It stops below the oldest running transaction: a row that
 * commits later than a younger one is still ahead of every reader. It begins behind what retention has dropped: a row
 * left among those would have a cursor that has expired. One statement, so one snapshot.
 */
export async function readFeed(
  sql: Sql,
  after: FeedPosition,
  { filter, limit }: { filter?: FeedFilter; limit: number },
): Promise<FeedPage> {
  const { where, values } = conditions(filter, 7)
  const application = filter ? idToUuid(filter.applicationId) : null
  const given = [after.epoch, after.xid.toString(), after.attemptUuid, limit + 1, application]
  const rows =
    where === ''
      ? await sql<ReadRow>(
          `${HEAD} ${SELECTED}, a.* from bound cross join top left join lateral (${REACH} limit $4) a on true`,
          given,
        )
      : await sql<ReadRow>(
          `${HEAD}, looked as materialized (
             select l.* from bound cross join lateral (${REACH} limit $6) l
           ), end_of_look as materialized (
             select feed_epoch as look_epoch, feed_xid as look_xid, id as look_id from looked order by 1 desc, 2 desc, 3 desc limit 1
           )
           ${SELECTED}, (select count(*) from looked)::int as "lookedAt", look_epoch::text as "lookEpoch",
             look_xid::text as "lookXid", look_id as "lookId", a.*
           from bound cross join top left join end_of_look on true left join lateral (
             select * from looked where true ${where} order by feed_epoch, feed_xid, id limit $4
           ) a on true`,
          [...given, MAX_LOOKED_AT, ...values],
        )
  const first = rows[0]!
  const found = rows.flatMap((row) => (row.id === null ? [] : toFeedRow(row)))
  const page = { rows: found.slice(0, limit), ...toBounds(first), isHeldBack: first.isHeldBack }
  if (found.length > limit) return { ...page, hasMore: true, end: page.rows.at(-1)!.position }
  const { lookedAt, lookEpoch, lookXid, lookId } = first
  const isCut = lookedAt === MAX_LOOKED_AT
  const end = isCut
    ? toPosition({ epoch: lookEpoch!, xid: lookXid!, id: lookId! })
    : laterFeedPosition(after, page.horizon)
  return { ...page, hasMore: isCut, end }
}

type ReadRow = Bounds & LookedAt & (AttemptRow | { id: null })

/** How far a page with conditions has looked. */
interface LookedAt {
  readonly isHeldBack: boolean
  readonly lookedAt?: number
  readonly lookEpoch?: string
  readonly lookXid?: string
  readonly lookId?: Uuid<'att'>
}

/** Where the feed stands now: every attempt that commits from here on comes after the horizon. */
export async function feedBounds(sql: Sql): Promise<FeedBounds> {
  const [row] = await sql<Bounds>(
    `with bound as materialized (
       select *, pg_snapshot_xmin(pg_current_snapshot()) as xmin from feed_epoch
     ), ${TOP}
     select ${BOUNDS} from bound cross join top`,
  )
  return toBounds(row!)
}

/**
 * The position just before the newest `count` attempts that match, or of as many as there are among the newest 2,000 of the
 * application: one that matches nothing would read all of them.
 */
export async function feedPositionOfLast(sql: Sql, filter: FeedFilter, count: number): Promise<FeedPosition> {
  const { where, values } = conditions(filter, 4)
  const [found] = await sql<{ lookedAt: number; isThere: boolean } & Place>(
    `with looked as materialized (
       select l.* from feed_epoch bound cross join lateral (
         select feed_epoch, feed_xid, id, organization_id, destination_id, event_type, outcome
         from delivery_attempt where application_id = $2
           and (feed_epoch < bound.epoch or feed_xid < pg_snapshot_xmin(pg_current_snapshot()))
         order by feed_epoch desc, feed_xid desc, id desc limit $3
       ) l
     ), before as (
       select * from looked where true ${where} order by feed_epoch desc, feed_xid desc, id desc limit 1 offset $1
     ), first as (select * from looked order by feed_epoch, feed_xid, id limit 1)
     select (select count(*) from looked)::int as "lookedAt", b.id is not null as "isThere",
       coalesce(b.feed_epoch, f.feed_epoch)::text as epoch, coalesce(b.feed_xid, f.feed_xid)::text as xid, coalesce(b.id, f.id) as id
     from (select) one left join before b on true left join first f on true`,
    [count, idToUuid(filter.applicationId), MAX_LOOKED_AT, ...values],
  )
  const { lostUntil } = await feedBounds(sql)
  const { lookedAt, isThere, ...place } = found!
  if (isThere || lookedAt === MAX_LOOKED_AT) return laterFeedPosition(toPosition(place), lostUntil)
  // There are no more than that: from the first one.
  const [oldest] = await sql<{ epoch: string }>(
    'select coalesce((select min(feed_epoch) from delivery_attempt), epoch)::text as epoch from feed_epoch',
  )
  return laterFeedPosition(feedPositionBefore(Number(oldest!.epoch), 0n), lostUntil)
}

interface Bounds {
  readonly epoch: string
  readonly xmin: string
  readonly topXid: string | null
  readonly topId: Uuid<'att'>
  readonly lostEpoch: string | null
  readonly lostXid: string
  readonly lostId: Uuid<'att'>
}

/** The last attempt below every running transaction; a row of nulls without one. */
const TOP = `top as materialized (
       select t.feed_xid as top_xid, t.id as top_id from bound left join lateral (
         select feed_xid, id from delivery_attempt where feed_epoch = bound.epoch and feed_xid < bound.xmin
         order by feed_epoch desc, feed_xid desc, id desc limit 1
       ) t on true
     )`
const BOUNDS = `bound.epoch::text, bound.xmin::text as xmin, top_xid::text as "topXid", top_id as "topId",
       bound.dropped_epoch::text as "lostEpoch", bound.dropped_xid::text as "lostXid", bound.dropped_id as "lostId"`

/** held is read once, not for each row, and in the index's order: planners expect a hit soon, and would scan for it. */
const HEAD = `with bound as materialized (
       select *, pg_snapshot_xmin(pg_current_snapshot()) as xmin from feed_epoch
     ), held as materialized (
       select from bound cross join lateral (
         select feed_epoch, feed_xid, id from delivery_attempt where feed_epoch = bound.epoch and feed_xid >= bound.xmin
         order by feed_epoch, feed_xid, id limit 1
       ) h
     ), ${TOP}`
const SELECTED = `select ${BOUNDS}, exists (select from held) as "isHeldBack"`
/** The size of a body is known without reading it. */
const COLUMNS = `id, application_id, organization_id, delivery_id, destination_id, event_id, event_type, number, started_at,
         duration_ms, outcome, failure_kind, error_message, retry_at, request, octet_length(request_body) as request_body_bytes,
         profile_version, response, feed_epoch, feed_xid`
/** Attempts that may be shown, in the order of the feed. */
const REACH = `select ${COLUMNS} from delivery_attempt
         where (feed_epoch, feed_xid, id) > ($1::bigint, $2::xid8, $3::uuid)
           and (feed_epoch < bound.epoch or feed_xid < bound.xmin)
           and (bound.dropped_epoch is null
             or (feed_epoch, feed_xid, id) > (bound.dropped_epoch, bound.dropped_xid, bound.dropped_id))
           and ($5::uuid is null or application_id = $5)
         order by feed_epoch, feed_xid, id`

function toBounds({ epoch, xmin, topXid, topId, lostEpoch, lostXid, lostId }: Bounds): FeedBounds {
  const lostUntil = lostEpoch === null ? undefined : toPosition({ epoch: lostEpoch, xid: lostXid, id: lostId })
  const top = topXid === null ? feedPositionBefore(Number(epoch), 0n) : toPosition({ epoch, xid: topXid, id: topId })
  return {
    horizon: laterFeedPosition(top, lostUntil),
    latest: feedPositionBefore(Number(epoch), BigInt(xmin)),
    lostUntil,
  }
}

interface Place {
  readonly epoch: string
  readonly xid: string
  readonly id: Uuid<'att'>
}

function toPosition({ epoch, xid, id }: Place): FeedPosition {
  return { epoch: Number(epoch), xid: BigInt(xid), attemptUuid: id }
}

/** All but the application, which has an index. */
function conditions(filter: FeedFilter | undefined, first: number): { where: string; values: unknown[] } {
  if (!filter) return { where: '', values: [] }
  const parts: [sql: string, value: unknown][] = []
  if (filter.organizationId) parts.push(['organization_id =', idToUuid(filter.organizationId)])
  if (filter.destinationIds) parts.push(['destination_id = any', filter.destinationIds.map(idToUuid)])
  if (filter.eventTypes) parts.push(['event_type = any', filter.eventTypes])
  if (filter.outcomes) parts.push(['outcome = any', filter.outcomes])
  const terms = parts.map(
    ([sql, value], i) => `and ${sql} ${Array.isArray(value) ? `($${first + i})` : `$${first + i}`}`,
  )
  return { where: terms.join(' '), values: parts.map(([, value]) => value) }
}

/** A row of delivery_attempt as it is read. */
interface AttemptRow {
  readonly id: Uuid<'att'>
  readonly application_id: Uuid<'app'>
  readonly organization_id: Uuid<'org'>
  readonly delivery_id: Uuid<'dlv'>
  readonly destination_id: Uuid<'dst'>
  readonly event_id: Uuid<'evt'>
  readonly event_type: string
  readonly number: number
  readonly started_at: Date
  readonly duration_ms: number
  readonly outcome: DeliveryAttempt['outcome']
  readonly failure_kind: DeliveryAttempt['failureKind']
  readonly error_message: string | null
  readonly retry_at: Date | null
  readonly request: DeliveryAttempt['request']
  readonly request_body_bytes: number | null
  readonly profile_version: number
  readonly response: DeliveryAttempt['response']
  readonly feed_epoch: string
  readonly feed_xid: string
}

/** By hand: MikroORM's map took longer than all the rest of a row's way to its subscriber. */
function toFeedRow(row: AttemptRow): FeedRow {
  const attempt = {
    id: idFromUuid('att', row.id),
    applicationId: idFromUuid('app', row.application_id),
    organizationId: idFromUuid('org', row.organization_id),
    deliveryId: idFromUuid('dlv', row.delivery_id),
    destinationId: idFromUuid('dst', row.destination_id),
    eventId: idFromUuid('evt', row.event_id),
    eventType: row.event_type,
    number: row.number,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    outcome: row.outcome,
    failureKind: row.failure_kind,
    errorMessage: row.error_message,
    retryAt: row.retry_at,
    request: row.request,
    requestBodyBytes: row.request_body_bytes,
    profileVersion: row.profile_version,
    response: row.response,
    feedEpoch: Number(row.feed_epoch),
    feedXid: row.feed_xid,
  } as FeedAttempt
  return { position: { epoch: attempt.feedEpoch, xid: BigInt(row.feed_xid), attemptUuid: row.id }, attempt }
}
