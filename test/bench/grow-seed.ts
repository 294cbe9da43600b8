import pg from 'pg'
import { idToUuid } from '../../src/domain/id.ts'
import { ensurePartitions } from '../../src/store/partition.ts'
import type { Backend } from '../support/postrider.ts'

const DAY_MS = 86_400_000
export const DAYS = 30
const ORGANIZATIONS = 100
const DESTINATIONS_EACH = 10
const CHUNKS_A_DAY = 8
/** 1.998 deliveries that are tried, an event, at 1.1 attempts each. */
const ATTEMPTS_AN_EVENT = 2.2
export const RARE_TYPE = 'rare.happened'

export interface Grown {
  readonly backend: Backend
  /** The first has 30 % of all events. */
  readonly organizationIds: readonly string[]
  /** Ten of each organization, in their order. */
  readonly destinationIds: readonly string[]
  readonly eventTypes: readonly string[]
  /** Where the seeded days begin. */
  readonly startMs: number
  readonly attempts: number
}

/** Organizations, destinations and types as a product makes them; events, deliveries and attempts by SQL. The same for each run. */
export async function grow(backend: Backend, databaseUrl: string, rows: number): Promise<Grown> {
  const organizationIds: string[] = []
  const destinationIds: string[] = []
  const eventTypes = [...Array.from({ length: 20 }, (_, n) => `thing.happened_${n}`), RARE_TYPE]
  for (const name of eventTypes) await backend.eventType(name)
  for (let n = 0; n < ORGANIZATIONS; n += 1) {
    const organizationId = await backend.organization(`customer-${n}`)
    organizationIds.push(organizationId)
    for (let m = 0; m < DESTINATIONS_EACH; m += 1) {
      const { id } = await backend.destination({ organizationId, url: `https://hooks-${m}.example.com/` })
      destinationIds.push(id)
    }
  }
  const startMs = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAYS * DAY_MS
  const client = new pg.Client(databaseUrl)
  await client.connect()
  await client.query('set synchronous_commit = off')
  for (let day = 1; day <= DAYS; day += 7) {
    await ensurePartitions(async (text) => (await client.query(text)).rows, new Date(startMs + day * DAY_MS))
  }
  const events = Math.round(rows / ATTEMPTS_AN_EVENT)
  const chunks = DAYS * CHUNKS_A_DAY
  const ids = [backend.applicationId, ...organizationIds, ...destinationIds].map((id) => idToUuid(id as never))
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const first = Math.round((events * chunk) / chunks)
    const count = Math.round((events * (chunk + 1)) / chunks) - first
    await client.query(insertChunk, [
      ids[0],
      ids.slice(1, 1 + ORGANIZATIONS),
      ids.slice(1 + ORGANIZATIONS),
      first,
      count,
      startMs + (chunk * DAY_MS) / CHUNKS_A_DAY,
      DAY_MS / CHUNKS_A_DAY / count,
      eventTypes.slice(0, -1),
    ])
    if (chunk % CHUNKS_A_DAY === 0) process.stderr.write(`\rseeding day ${1 + chunk / CHUNKS_A_DAY} of ${DAYS} `)
  }
  const { rows: counted } = await client.query('select count(*)::int as count from delivery_attempt')
  await client.query('analyze')
  await client.end()
  process.stderr.write('\n')
  return { backend, organizationIds, destinationIds, eventTypes, startMs, attempts: counted[0].count }
}

/** A UUIDv7 of that time whose other bits are the same in each run. */
const uuid = (timeMs: string, seed: string) =>
  `(lpad(to_hex((${timeMs})::bigint), 12, '0') || '7' || left(md5(${seed}), 3) || '8' || substr(md5(${seed}), 4, 15))::uuid`
/** 0 to 1, the same in each run. */
const share = (salt: number, n = 'n') => `((hashint8extended(${n}, ${salt}) & 1048575) / 1048576.0)`

// 0.1 % of the deliveries FAILED after two attempts, 0.1 % SKIPPED, 10 % succeeded with the second one. One type in 2,000
// events. Durations: mostly 20 to 200 ms, one in 50 up to 10 s.
const insertChunk = `
  with e as materialized (
    select n, at_ms, ${uuid('at_ms', "'evt' || n")} as id,
      case when r < 0.3 then 1 else 2 + floor((r - 0.3) / 0.7 * ${ORGANIZATIONS - 1})::int end as organization,
      case when ${share(2)} < 0.0005 then '${RARE_TYPE}' else ($8::text[])[1 + floor(${share(3)} * 20)::int] end as type
    from (select n, $6::float8 + (n - $4::bigint) * $7::float8 as at_ms, ${share(1)} as r
      from generate_series($4::bigint, $4::bigint + $5::bigint - 1) as n) numbered
  ), stored_events as (
    insert into event (id, application_id, organization_id, type, data, data_bytes, is_test)
    select id, $1::uuid, ($2::uuid[])[organization], type, '{"id":"thing_' || n || '","text":"' || md5(n::text) || '"}', 60, false
    from e
  ), d as materialized (
    select e.id as event_id, e.at_ms, ($2::uuid[])[e.organization] as organization_id, e.type, m,
      ($3::uuid[])[(e.organization - 1) * ${DESTINATIONS_EACH} + 1 + (n + k * 3) % ${DESTINATIONS_EACH}] as destination_id,
      ${uuid('at_ms', "'dlv' || m")} as id,
      case when u < 0.001 then 'FAILED' when u < 0.002 then 'SKIPPED' else 'SUCCEEDED' end as status,
      case when u >= 0.001 and u < 0.002 then 0 when u < 0.102 then 2 else 1 end as attempts
    from e cross join generate_series(0, 1) as k cross join lateral (select e.n * 2 + k as m) numbered
    cross join lateral (select ${share(4, 'm')} as u) drawn
  ), stored_deliveries as (
    insert into delivery (id, application_id, organization_id, event_id, destination_id, event_type, status, skip_reason,
      trigger, attempt_count, max_attempts, finished_at)
    select id, $1::uuid, organization_id, event_id, destination_id, type, status,
      case status when 'SKIPPED' then 'INACTIVE' end, 'EVENT', attempts, 2, to_timestamp(at_ms / 1000) from d
  )
  insert into delivery_attempt (id, application_id, organization_id, delivery_id, destination_id, event_id, event_type,
    number, started_at, duration_ms, outcome, failure_kind, error_message, request, profile_version, response, feed_epoch)
  select ${uuid('at_ms + number', "'att' || m || '.' || number")}, $1::uuid, organization_id, id, destination_id, event_id,
    type, number, to_timestamp(at_ms / 1000),
    case when ${share(5, 'm + number')} < 0.02 then 10000 * ${share(6, 'm')} else 20 + 180 * ${share(7, 'm')} end::int,
    case when ok then 'SUCCESS' when number = 2 then 'PERMANENT_FAILURE' else 'RETRYABLE_FAILURE' end,
    case when not ok then 'HTTP_STATUS' end, case when not ok then 'The receiver answered 500' end,
    '{"method":"POST","url":"https://hooks.example.com/","headers":[["content-type","application/json"]]}',
    1, ('{"statusCode":' || case when ok then 200 else 500 end || ',"headers":[],"body":"","sizeBytes":0,"truncated":false}'
      )::json, (select epoch from feed_epoch)
  from (select d.*, number, status = 'SUCCEEDED' and number = attempts as ok
    from d cross join lateral generate_series(1, attempts) as number) tried`
