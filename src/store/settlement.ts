import { type HealthPolicy, type HealthState, nextHealth } from '../domain/health.ts'
import type { DisabledReason } from '../domain/outcome.ts'
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
  /** The count it was claimed with: a delivery that moved on meanwhile is left alone. */
  readonly expected_count: number
  readonly attempt_count: number
  /** From now, milliseconds: Postgres's clock says when, as it does for the job. */
  readonly retry_in_ms: number | null
}

export async function updateDeliveries(tx: Sql, changes: readonly DeliveryChange[]): Promise<void> {
  // The ids stand twice so that the plan is an index look-up whatever it believes of the table.
  await tx(
    `update delivery d set status = x.status, attempt_count = x.attempt_count,
       next_attempt_at = now() + x.retry_in_ms * interval '1 ms',
       finished_at = case when x.status <> 'PENDING' then now() end
     from json_to_recordset($1::json)
       as x (id uuid, status text, expected_count int, attempt_count int, retry_in_ms float8)
     where d.id = any($2::uuid[]) and d.id = x.id and d.attempt_count = x.expected_count and d.status = 'PENDING'`,
    [JSON.stringify(changes), changes.map((change) => change.id)],
  )
}

/** What a batch showed of one destination. */
export interface DestinationEvidence {
  readonly destinationId: string
  readonly succeededAt: Date | undefined
  readonly failures: number
  readonly firstFailureAt: Date | undefined
  readonly disable: DisabledReason | undefined
  readonly policy: HealthPolicy
}

/** `lastSuccessAt` of a healthy destination is kept to the second, so that a busy one is not written by every batch. */
const SUCCESS_STEP_MS = 1_000

export async function moveHealth(tx: Sql, evidence: readonly DestinationEvidence[], now: Date): Promise<void> {
  const seen = await readHealth(
    tx,
    evidence.map((one) => one.destinationId),
    '',
  )
  const affected = evidence.filter((one) => {
    const state = seen.get(one.destinationId)
    return state && (one.failures > 0 || one.disable || state.consecutiveFailures > 0 || isStale(state, now))
  })
  if (affected.length === 0) return
  const locked = await readHealth(
    tx,
    affected.map((one) => one.destinationId),
    'order by destination_id for update',
  )
  const next = affected.flatMap((one) => {
    const state = locked.get(one.destinationId)
    return state ? [{ destinationId: one.destinationId, ...nextHealth(state, one, { policy: one.policy, now }) }] : []
  })
  await writeHealth(tx, next)
}

function isStale(state: HealthState, now: Date): boolean {
  return !state.lastSuccessAt || now.getTime() - state.lastSuccessAt.getTime() >= SUCCESS_STEP_MS
}

type HealthRow = { [K in keyof HealthState]: HealthState[K] extends Date | null ? string | null : HealthState[K] }

async function readHealth(tx: Sql, ids: readonly string[], lock: string): Promise<Map<string, HealthState>> {
  const rows = await tx<HealthRow & { destinationId: string }>(
    `select destination_id as "destinationId", health, disabled_reason as "disabledReason", disabled_at as "disabledAt",
       consecutive_failures as "consecutiveFailures", failing_since as "failingSince", last_success_at as "lastSuccessAt"
     from destination_health where destination_id = any($1::uuid[]) ${lock}`,
    [ids],
  )
  return new Map(
    rows.map(({ destinationId, ...row }) => [
      destinationId,
      {
        ...row,
        disabledAt: toDate(row.disabledAt),
        failingSince: toDate(row.failingSince),
        lastSuccessAt: toDate(row.lastSuccessAt),
      },
    ]),
  )
}

function toDate(value: string | null): Date | null {
  return value === null ? null : new Date(value)
}

async function writeHealth(tx: Sql, states: readonly (HealthState & { destinationId: string })[]): Promise<void> {
  await tx(
    `update destination_health h set health = x.health, disabled_reason = x."disabledReason",
       disabled_at = x."disabledAt", consecutive_failures = x."consecutiveFailures",
       failing_since = x."failingSince", last_success_at = x."lastSuccessAt"
     from json_to_recordset($1::json) as x ("destinationId" uuid, health text, "disabledReason" text,
       "disabledAt" timestamptz, "consecutiveFailures" int, "failingSince" timestamptz, "lastSuccessAt" timestamptz)
     where h.destination_id = x."destinationId"`,
    [JSON.stringify(states)],
  )
}
