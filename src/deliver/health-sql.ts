import { type CircuitEvidence, type CircuitState, nextCircuit } from '../domain/circuit.ts'
import { type HealthEvidence, type HealthPolicy, type HealthState, nextHealth } from '../domain/health.ts'
import type { Uuid } from '../domain/id.ts'
import type { Sql } from '../store/sql.ts'

/** What a batch of attempts showed of one destination. */
export interface DestinationEvidence extends HealthEvidence, CircuitEvidence {
  readonly destinationId: Uuid<'dst'>
  readonly policy: HealthPolicy
}

/** `lastSuccessAt` of a healthy destination is kept to the second, so that a busy one is not written by every batch. */
const SUCCESS_STEP_MS = 1_000

/** A destination whose health has changed. */
export interface HealthMove extends HealthState {
  readonly destinationId: Uuid<'dst'>
}

/**
 * Moves health and circuits by what was seen, and says when destinations may release held deliveries: `releases` holds the
 * milliseconds until then. A destination that nothing changes is read and not written. Returns those whose health changed.
 */
export async function moveHealth(
  tx: Sql,
  evidence: readonly DestinationEvidence[],
  releases: ReadonlyMap<Uuid<'dst'>, number>,
): Promise<HealthMove[]> {
  const seen = await readHealth(tx, keys(evidence), '')
  const affected = evidence.filter((one) => {
    const row = seen.get(one.destinationId)
    return row && isMoved(row, one)
  })
  const touched = [...new Set([...keys(affected), ...releases.keys()])]
  if (touched.length === 0) return []
  const locked = await readHealth(tx, touched, 'order by destination_id for update')
  const evidenceOf = new Map(affected.map((one) => [one.destinationId, one]))
  const rows = [...locked.values()].map((row) => next(row, evidenceOf.get(row.destinationId), releases))
  if (rows.length > 0) await writeHealth(tx, rows)
  return rows.filter((row) => row.health !== locked.get(row.destinationId)!.health)
}

function keys(evidence: readonly DestinationEvidence[]): Uuid<'dst'>[] {
  return evidence.map((one) => one.destinationId)
}

function isMoved(row: HealthRow, evidence: DestinationEvidence): boolean {
  return (
    evidence.failures > 0 ||
    evidence.disable !== undefined ||
    row.consecutiveFailures > 0 ||
    row.circuitFailures > 0 ||
    row.probeAt !== null ||
    !row.lastSuccessAt ||
    row.now.getTime() - row.lastSuccessAt.getTime() >= SUCCESS_STEP_MS
  )
}

interface HealthRow extends HealthState, CircuitState {
  readonly destinationId: Uuid<'dst'>
  /** Postgres's clock. */
  readonly now: Date
}

/** A row as it is to be: `releaseInMs` is when held deliveries, if there are any, may be released. */
interface NextRow extends HealthState, CircuitState {
  readonly destinationId: Uuid<'dst'>
  readonly releaseInMs: number | null
}

function next(
  row: HealthRow,
  evidence: DestinationEvidence | undefined,
  releases: ReadonlyMap<Uuid<'dst'>, number>,
): NextRow {
  const { destinationId, now } = row
  const releaseInMs = releases.get(destinationId) ?? null
  if (!evidence) return { ...row, releaseInMs }
  const circuit = nextCircuit(row, evidence, now)
  const moved = circuit.probeAt?.getTime() !== row.probeAt?.getTime()
  return {
    ...nextHealth(row, evidence, { policy: evidence.policy, now }),
    ...circuit,
    destinationId,
    releaseInMs: moved ? (circuit.probeAt?.getTime() ?? now.getTime()) - now.getTime() : releaseInMs,
  }
}

async function readHealth(tx: Sql, ids: readonly Uuid<'dst'>[], lock: string): Promise<Map<Uuid<'dst'>, HealthRow>> {
  if (ids.length === 0) return new Map()
  const rows = await tx<HealthRow>(
    `select destination_id as "destinationId", health, disabled_reason as "disabledReason", disabled_at as "disabledAt",
       consecutive_failures as "consecutiveFailures", failing_since as "failingSince", last_success_at as "lastSuccessAt",
       circuit_failures as "circuitFailures", probe_at as "probeAt", probe_delay_s as "probeDelayS",
       probe_delivery_id as "probeDeliveryId", now() as now
     from destination_health where destination_id = any($1::uuid[]) ${lock}`,
    [ids],
  )
  return new Map(rows.map((row) => [row.destinationId, row]))
}

async function writeHealth(tx: Sql, rows: readonly NextRow[]): Promise<void> {
  await tx(
    `update destination_health h set health = x.health, disabled_reason = x."disabledReason",
       disabled_at = x."disabledAt", consecutive_failures = x."consecutiveFailures",
       failing_since = x."failingSince", last_success_at = x."lastSuccessAt", circuit_failures = x."circuitFailures",
       probe_at = x."probeAt", probe_delay_s = x."probeDelayS", probe_delivery_id = x."probeDeliveryId",
       release_at = case when h.release_at is null or x."releaseInMs" is null then h.release_at
         else now() + x."releaseInMs" * interval '1 ms' end
     from json_to_recordset($1::json) as x ("destinationId" uuid, health text, "disabledReason" text,
       "disabledAt" timestamptz, "consecutiveFailures" int, "failingSince" timestamptz, "lastSuccessAt" timestamptz,
       "circuitFailures" int, "probeAt" timestamptz, "probeDelayS" int, "probeDeliveryId" uuid, "releaseInMs" float8)
     where h.destination_id = any($2::uuid[]) and h.destination_id = x."destinationId"`,
    [JSON.stringify(rows), rows.map((row) => row.destinationId)],
  )
}
