import type { Uuid } from '../domain/id.ts'
import type { Sql } from '../store/sql.ts'

export interface KeyClaim {
  readonly applicationId: Uuid<'app'>
  readonly key: string
  readonly eventId: Uuid<'evt'>
}

/**
 * Claims idempotency keys; a key older than 24 h counts as free. Returns for each claim the event that the key
 * stands for: the one given when the claim won. Sorted, so that two batches cannot wait for each other in a circle.
 */
export async function claimIdempotencyKeys(tx: Sql, claims: readonly KeyClaim[]): Promise<Map<string, Uuid<'evt'>>> {
  const sorted = claims.toSorted((a, b) => compare(keyOf(a), keyOf(b)))
  const rows = await tx<KeyClaim>(
    `with w as (
       select * from unnest($1::uuid[], $2::text[], $3::uuid[]) as w (application_id, key, event_id)
     ), won as (
       insert into idempotency_key as k (application_id, key, event_id) select * from w
       on conflict (application_id, key) do update set event_id = excluded.event_id, created_at = now()
         where k.created_at < now() - interval '24 hours'
       returning application_id, key, event_id
     )
     select application_id as "applicationId", key, event_id as "eventId" from won`,
    [sorted.map((one) => one.applicationId), sorted.map((one) => one.key), sorted.map((one) => one.eventId)],
  )
  const owners = new Map(rows.map((row) => [keyOf(row), row.eventId]))
  const lost = sorted.filter((claim) => !owners.has(keyOf(claim)))
  if (lost.length > 0) {
    for (const row of await findKeyOwners(tx, lost)) owners.set(keyOf(row), row.eventId)
  }
  return owners
}

export function keyOf(claim: { applicationId: Uuid<'app'>; key: string }): string {
  return `${claim.applicationId}\u0000${claim.key}`
}

async function findKeyOwners(tx: Sql, keys: readonly KeyClaim[]): Promise<KeyClaim[]> {
  return tx<KeyClaim>(
    `select k.application_id as "applicationId", k.key, k.event_id as "eventId"
     from unnest($1::uuid[], $2::text[]) as w (application_id, key)
     join idempotency_key k on k.application_id = w.application_id and k.key = w.key`,
    [keys.map((one) => one.applicationId), keys.map((one) => one.key)],
  )
}

/** Forgets keys that count as free, oldest first, a bounded number at a time. */
export async function dropOldIdempotencyKeys(sql: Sql): Promise<void> {
  const old = `select application_id, key from idempotency_key where created_at < now() - interval '25 hours'
    order by created_at limit 10000`
  while ((await sql(`delete from idempotency_key where (application_id, key) in (${old}) returning 1`)).length > 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
