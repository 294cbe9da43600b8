import type { Uuid } from '../domain/id.ts'
import type { DeliverySkipReason, DeliveryStatus } from '../store/delivery.ts'
import type { Sql } from '../store/sql.ts'

/** What is written of one attempt; the rest of its row is the delivery's. Whatever is undefined becomes null. */
export interface NewAttempt {
  readonly id: Uuid<'att'>
  readonly started_at: Date
  readonly duration_ms: number
  readonly outcome: string
  readonly failure_kind: string | undefined
  readonly error_message: string | undefined
  readonly retry_at: Date | undefined
  readonly request: unknown
  readonly request_body: string | undefined
  readonly profile_version: number
  readonly response: unknown
}

/** How a delivery goes on. */
export interface DeliveryChange {
  readonly id: Uuid<'dlv'>
  readonly status: DeliveryStatus
  readonly skipReason: DeliverySkipReason | undefined
  /** The count it was claimed with: a delivery that moved on meanwhile is left alone. One that was cancelled stays so. */
  readonly expectedCount: number
  /** From now: Postgres's clock says when. */
  readonly retryInMs: number | null
  /** Undefined when nothing was tried. */
  readonly attempt: NewAttempt | undefined
}

/** Moves deliveries on and writes their attempts down. Returns the ids of those that are still PENDING. */
export async function settleDeliveries(tx: Sql, changes: readonly DeliveryChange[]): Promise<Set<Uuid<'dlv'>>> {
  const attempts = changes.flatMap(({ id, attempt }) => (attempt ? { delivery_id: id, ...attempt } : []))
  // The ids stand twice so that the plan is an index look-up whatever the statistics say of the table. The planner cannot
  // estimate the `case`: without it, it would expect a single row and compare each row with each.
  const rows = await tx<{ id: Uuid<'dlv'> }>(
    `with changed as (
       update delivery d set attempt_count = d.attempt_count + x.tried,
         status = case when d.status = 'PENDING' then x.status else d.status end,
         skip_reason = case when d.status = 'PENDING' then x.skip_reason else d.skip_reason end,
         next_attempt_at = case when d.status = 'PENDING' then now() + x.retry_in_ms * interval '1 ms' end,
         finished_at = case when d.status <> 'PENDING' then d.finished_at when x.status <> 'PENDING' then now() end
       from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::float8[], $7::text[])
         as x (id, status, expected_count, tried, retry_in_ms, skip_reason)
       where d.id = any($1::uuid[]) and d.id = x.id
         and case when d.status in ('PENDING', 'CANCELLED') then d.attempt_count = x.expected_count end
       returning d.*
     ), recorded as (
       insert into delivery_attempt (id, application_id, organization_id, delivery_id, destination_id, event_id, event_type,
         number, started_at, duration_ms, outcome, failure_kind, error_message, retry_at, request, request_body,
         profile_version, response, feed_epoch)
       select a.id, d.application_id, d.organization_id, d.id, d.destination_id, d.event_id, d.event_type, d.attempt_count,
         a.started_at, a.duration_ms, a.outcome, a.failure_kind, a.error_message, a.retry_at, a.request, a.request_body,
         a.profile_version, a.response, (select epoch from feed_epoch)
       from changed d join json_to_recordset($6::json) as a (id uuid, delivery_id uuid, started_at timestamptz,
         duration_ms int, outcome text, failure_kind text, error_message text, retry_at timestamptz, request json,
         request_body text, profile_version int, response json) on a.delivery_id = d.id
     )
     select id from changed where status = 'PENDING'`,
    [
      changes.map((change) => change.id),
      changes.map((change) => change.status),
      changes.map((change) => change.expectedCount),
      changes.map((change) => (change.attempt ? 1 : 0)),
      changes.map((change) => change.retryInMs),
      JSON.stringify(attempts),
      changes.map((change) => change.skipReason),
    ],
  )
  return new Set(rows.map((row) => row.id))
}
