import { createHash } from 'node:crypto'
import { DAY_MS } from '../domain/day.ts'
import { addToHistogram, BIN_GROWTH, type DurationHistogram, percentilesMs } from '../domain/duration-histogram.ts'
import { type Id, idToUuid, type Uuid } from '../domain/id.ts'
import type { Sql } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

export const statsBuckets = ['MINUTE', 'HOUR', 'DAY'] as const
export type StatsBucket = (typeof statsBuckets)[number]
const bucketMs: Record<StatsBucket, number> = { MINUTE: 60_000, HOUR: 3_600_000, DAY: DAY_MS }

/** Minutes are many rows, and nobody charts last month by the minute. */
export const MINUTES_KEPT_DAYS = 7

/**
 * How many attempts one transaction counts: a destination's row is written once for all of its attempts among them. A
 * longer one would hold back the feed.
 */
export const CHUNK = 5_000
/** How many attempts that are not counted yet a query reads. More means that counting is behind; it shows up to here. */
const MAX_TAIL = 5_000

const DROPPED_AT_ONCE = 2_000

export interface StatsPoint {
  readonly start: Date
  readonly attempts: number
  readonly succeeded: number
  readonly failed: number
  readonly p50DurationMs: number | null
  readonly p95DurationMs: number | null
}

/** Whole buckets in UTC: from the one that holds `from` to the one that holds the last instant before `to`. */
export interface StatsSpan {
  readonly bucket: StatsBucket
  readonly startMs: number
  readonly count: number
}

export function statsSpan(bucket: StatsBucket, from: Date, to: Date): StatsSpan {
  const stepMs = bucketMs[bucket]
  const first = Math.floor(from.getTime() / stepMs)
  return { bucket, startMs: first * stepMs, count: Math.ceil(to.getTime() / stepMs) - first }
}

type ScopeKind = 'event type' | 'connector'
const connectorOf = '(select d.connector from destination d where d.id = a.destination_id)'

const durationBin = `case when duration_ms < 1 then 0
  else 1 + ceil(ln(duration_ms::float8) / ${Math.log(BIN_GROWTH)}) end::smallint`

/** What is counted, each by an id of its own: of an attempt `a`. Null for the connector of a deleted destination. */
const scopes = {
  application: 'a.application_id',
  organization: 'a.organization_id',
  destination: 'a.destination_id',
  applicationType: namedScope('a.application_id', 'event type', 'a.event_type'),
  organizationType: namedScope('a.organization_id', 'event type', 'a.event_type'),
  applicationConnector: namedScope('a.application_id', 'connector', connectorOf),
  organizationConnector: namedScope('a.organization_id', 'connector', connectorOf),
}

function namedScope(owner: string, kind: ScopeKind, name: string): string {
  return `md5(${owner} || ' ${kind} ' || ${name})::uuid`
}

/** The same of a name that is given. */
function namedScopeId(owner: string, kind: ScopeKind, name: string): string {
  return createHash('md5').update(`${owner} ${kind} ${name}`).digest('hex')
}

/**
 * Counts the next attempts, in the order of the feed and below the oldest running transaction (see feed/feed-sql.ts), so that
 * none is passed over. Counts and position move in one transaction under the position's lock: each attempt counts once,
 * even when a process is killed. Resolves to how many, CHUNK when there may be more; to 0 while another process does it.
 */
export async function countAttempts({ transaction }: Store): Promise<number> {
  return transaction(async (tx) => {
    const [position] = await tx<{ epoch: string; xid: string; id: Uuid<'att'> }>(
      `select feed_epoch::text as epoch, feed_xid::text as xid, attempt_id as id from attempt_stats_position
       for update skip locked`,
    )
    if (!position) return 0
    const [counted] = await tx<{ count: number }>(countStatement, [position.epoch, position.xid, position.id, CHUNK])
    return counted!.count
  })
}

const countStatement = `
  with bound as materialized (select epoch, pg_snapshot_xmin(pg_current_snapshot()) as xmin from feed_epoch),
  chunk as materialized (
    select a.* from bound cross join lateral (
      select application_id, organization_id, destination_id, event_type, started_at, outcome, feed_epoch, feed_xid, id,
        ${durationBin} as bin
      from delivery_attempt
      where (feed_epoch, feed_xid, id) > ($1::bigint, $2::xid8, $3::uuid)
        and (feed_epoch < bound.epoch or feed_xid < bound.xmin)
      order by feed_epoch, feed_xid, id limit $4
    ) a
  ), by_minute as (
    select application_id, organization_id, destination_id, event_type, bin,
      date_bin('1 minute', started_at, 'epoch') as start,
      count(*)::int as attempts, (count(*) filter (where outcome = 'SUCCESS'))::int as succeeded
    from chunk group by 1, 2, 3, 4, 5, 6
  ), by_bin as (
    select scope.id as scope_id, b.bucket, date_bin(b.width, a.start, 'epoch') as start, a.bin,
      sum(a.attempts)::int as attempts, sum(a.succeeded)::int as succeeded
    from by_minute a
    cross join lateral (values ${Object.values(scopes)
      .map((scope) => `(${scope})`)
      .join()}) as scope (id)
    cross join (values ('MINUTE', interval '1 minute'), ('HOUR', '1 hour'), ('DAY', '1 day')) as b (bucket, width)
    where scope.id is not null and (b.bucket <> 'MINUTE' or a.start > now() - interval '${MINUTES_KEPT_DAYS} days')
    group by 1, 2, 3, 4
  ), counted as (
    insert into attempt_stats as s (scope_id, bucket, start, attempts, succeeded, bins, counts)
    select scope_id, bucket, start, sum(attempts), sum(succeeded), array_agg(bin), array_agg(attempts)
    from by_bin group by 1, 2, 3
    on conflict (scope_id, bucket, start) do update set
      attempts = s.attempts + excluded.attempts,
      succeeded = s.succeeded + excluded.succeeded,
      (bins, counts) = (
        select array_agg(bin), array_agg(n) from (
          select bin, sum(n)::int as n from unnest(s.bins || excluded.bins, s.counts || excluded.counts) as u (bin, n)
          group by bin
        ) merged
      )
  ), moved as (
    update attempt_stats_position set feed_epoch = last.feed_epoch, feed_xid = last.feed_xid, attempt_id = last.id
    from (select feed_epoch, feed_xid, id from chunk order by 1 desc, 2 desc, 3 desc limit 1) last
  )
  select count(*)::int as count from chunk`

export interface StatsQuery {
  readonly applicationId: Id<'app'>
  /** Only attempts of this one; of the application when undefined. */
  readonly organizationId?: Id<'org'> | undefined
  /** Only of events of this type, or to destinations of this connector: one of the two. */
  readonly eventType?: string | undefined
  readonly connector?: string | undefined
  readonly span: StatsSpan
}

interface StatsRow {
  readonly scopeId: string
  readonly startMs: number
  readonly attempts: number
  readonly succeeded: number
  readonly bins: readonly number[]
  readonly counts: readonly number[]
}

/** A point for each bucket, oldest first. */
export async function readStats({ reads }: Store, query: StatsQuery): Promise<StatsPoint[]> {
  const { applicationId, organizationId, eventType, connector, span } = query
  const owner = idToUuid(organizationId ?? applicationId)
  const by = organizationId ? 'organization' : 'application'
  if (eventType !== undefined) {
    const scope = namedScopeId(owner, 'event type', eventType)
    return toPoints(await readRows(reads, `${by}Type`, { applicationId, span, scopeIds: [scope] }), span)
  }
  if (connector !== undefined) {
    const scope = namedScopeId(owner, 'connector', connector)
    return toPoints(await readRows(reads, `${by}Connector`, { applicationId, span, scopeIds: [scope] }), span)
  }
  return toPoints(await readRows(reads, by, { applicationId, span, scopeIds: [owner] }), span)
}

/** The same for each of these destinations, by one statement. */
export async function readDestinationStats(
  { reads }: Store,
  {
    applicationId,
    destinationIds,
    span,
  }: Pick<StatsQuery, 'applicationId' | 'span'> & { destinationIds: readonly Id<'dst'>[] },
): Promise<StatsPoint[][]> {
  const scopeIds = destinationIds.map(idToUuid)
  const rows = Map.groupBy(
    await readRows(reads, 'destination', { applicationId, span, scopeIds }),
    (row) => row.scopeId,
  )
  return scopeIds.map((id) => toPoints(rows.get(id) ?? [], span))
}

function readRows(
  sql: Sql,
  by: keyof typeof scopes,
  { applicationId, span, scopeIds }: { applicationId: Id<'app'>; span: StatsSpan; scopeIds: readonly string[] },
): Promise<StatsRow[]> {
  const stepMs = bucketMs[span.bucket]
  return sql<StatsRow>(stats(by), [
    scopeIds,
    span.bucket,
    new Date(span.startMs),
    new Date(span.startMs + span.count * stepMs),
    idToUuid(applicationId),
    `${stepMs} milliseconds`,
    MAX_TAIL,
  ])
}

function toPoints(rows: readonly StatsRow[], span: StatsSpan): StatsPoint[] {
  const byStart = Map.groupBy(rows, (row) => row.startMs)
  return Array.from({ length: span.count }, (_, index) => {
    const startMs = span.startMs + index * bucketMs[span.bucket]
    return toPoint(new Date(startMs), byStart.get(startMs) ?? [])
  })
}

const startMs = '(extract(epoch from start) * 1000)::float8'

// Counted rows and attempts not counted yet in one statement, so one snapshot. Lists come as JSON: pg takes arrays apart
// letter by letter.
const stats = (by: keyof typeof scopes) => `
  with tail as materialized (
    select application_id, organization_id, destination_id, event_type, started_at, outcome, duration_ms
    from delivery_attempt
    where application_id = $5 and (feed_epoch, feed_xid, id) > (
      (select feed_epoch from attempt_stats_position),
      (select feed_xid from attempt_stats_position),
      (select attempt_id from attempt_stats_position))
    order by feed_epoch, feed_xid, id limit $7
  )
  select scope_id as "scopeId", ${startMs} as "startMs", attempts, succeeded, to_json(bins) as bins, to_json(counts) as counts
  from attempt_stats where scope_id = any($1::uuid[]) and bucket = $2 and start >= $3 and start < $4
  union all
  select scope_id, ${startMs}, sum(n)::int, sum(ok)::int, json_agg(bin), json_agg(n) from (
    select ${scopes[by]} as scope_id, date_bin($6::interval, started_at, 'epoch') as start, ${durationBin} as bin,
      count(*)::int as n, (count(*) filter (where outcome = 'SUCCESS'))::int as ok
    from tail a
    where started_at >= $3 and started_at < $4 and ${scopes[by]} = any($1::uuid[])
    group by 1, 2, 3
  ) t group by 1, 2`

function toPoint(start: Date, rows: readonly StatsRow[]): StatsPoint {
  const histogram: DurationHistogram = []
  let attempts = 0
  let succeeded = 0
  for (const row of rows) {
    attempts += row.attempts
    succeeded += row.succeeded
    addToHistogram(histogram, row.bins, row.counts)
  }
  const [p50DurationMs, p95DurationMs] = percentilesMs(histogram, [0.5, 0.95])
  return {
    start,
    attempts,
    succeeded,
    failed: attempts - succeeded,
    p50DurationMs: p50DurationMs!,
    p95DurationMs: p95DurationMs!,
  }
}

/** Forgets counts of that bucket from before `time`, a bounded number; true when there may be more. */
export async function dropStatsBefore(sql: Sql, bucket: StatsBucket, time: Date): Promise<boolean> {
  const rows = await sql(
    `delete from attempt_stats where ctid = any(array(
       select ctid from attempt_stats where bucket = $1 and start < $2 limit ${DROPPED_AT_ONCE}
     )) returning 1`,
    [bucket, time],
  )
  return rows.length === DROPPED_AT_ONCE
}

/** Forgets all counts of an organization and of these destinations of it. */
export async function eraseStats(tx: Sql, { applicationId, organizationId, destinations }: ErasedStats): Promise<void> {
  const connectors = new Set(destinations.map((one) => one.connector))
  const scopeIds = [
    organizationId,
    ...destinations.map((one) => one.id),
    ...[...connectors].map((connector) => namedScopeId(organizationId, 'connector', connector)),
  ]
  await tx(
    `delete from attempt_stats where scope_id = any($1::uuid[] || array(
       select ${namedScope('$2::uuid', 'event type', 'name')} from event_type where application_id = $3
     ))`,
    [scopeIds, organizationId, applicationId],
  )
}

export interface ErasedStats {
  readonly applicationId: Uuid<'app'>
  readonly organizationId: Uuid<'org'>
  readonly destinations: readonly { readonly id: Uuid<'dst'>; readonly connector: string }[]
}
