import type { DeliveryStatus } from './delivery.ts'
import type { Sql } from './sql.ts'

// The statements of a settlement. Ids are bare UUIDs; a whole batch travels as one JSON parameter.

/** A row of delivery_attempt, as it is inserted. */
export interface NewAttempt {
  readonly id: string
  readonly application_id: string
  readonly organization_id: string
  readonly delivery_id: string
  readonly destination_id: string
  readonly event_id: string
  readonly event_type: string
  readonly number: number
  readonly started_at: Date
  readonly duration_ms: number
  readonly outcome: string
  readonly failure_kind: string | null
  readonly error_message: string | null
  readonly retry_at: Date | null
  readonly request: unknown
  readonly request_body: string | null
  readonly profile_version: number
  readonly response: unknown
}

export async function insertAttempts(tx: Sql, attempts: readonly NewAttempt[]): Promise<void> {
  await tx(
    `insert into delivery_attempt (id, application_id, organization_id, delivery_id, destination_id, event_id, event_type,
       number, started_at, duration_ms, outcome, failure_kind, error_message, retry_at, request, request_body,
       profile_version, response, feed_epoch)
     select *, (select epoch from feed_epoch) from json_to_recordset($1::json) as x (id uuid, application_id uuid, organization_id uuid,
       delivery_id uuid, destination_id uuid, event_id uuid, event_type text, number int, started_at timestamptz,
       duration_ms int, outcome text, failure_kind text, error_message text, retry_at timestamptz, request json,
       request_body text, profile_version int, response json)`,
    [JSON.stringify(attempts)],
  )
}

export interface DeliveryChange {
  readonly id: string
  readonly status: DeliveryStatus
  /** The count it was claimed with: a delivery that moved on meanwhile is left alone. One that was cancelled stays so. */
  readonly expectedCount: number
  readonly attemptCount: number
  /** From now: Postgres's clock says when. */
  readonly retryInMs: number | null
}

/** Returns the ids of those that are still PENDING. */
export async function updateDeliveries(tx: Sql, changes: readonly DeliveryChange[]): Promise<Set<string>> {
  // The ids stand twice so that the plan is an index look-up whatever it believes of the table; the case, of which it knows
  // nothing, keeps it from believing in a single row, and from comparing each with each.
  const rows = await tx<{ id: string }>(
    `with updated as (
       update delivery d set attempt_count = x.attempt_count,
         status = case when d.status = 'PENDING' then x.status else d.status end,
         next_attempt_at = case when d.status = 'PENDING' then now() + x.retry_in_ms * interval '1 ms' end,
         finished_at = case when d.status <> 'PENDING' then d.finished_at when x.status <> 'PENDING' then now() end
       from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::float8[])
         as x (id, status, expected_count, attempt_count, retry_in_ms)
       where d.id = any($1::uuid[]) and d.id = x.id
         and case when d.status in ('PENDING', 'CANCELLED') then d.attempt_count = x.expected_count end
       returning d.id, d.status
     )
     select id from updated where status = 'PENDING'`,
    [
      changes.map((change) => change.id),
      changes.map((change) => change.status),
      changes.map((change) => change.expectedCount),
      changes.map((change) => change.attemptCount),
      changes.map((change) => change.retryInMs),
    ],
  )
  return new Set(rows.map((row) => row.id))
}
