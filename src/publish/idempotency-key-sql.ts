import { createHash } from 'node:crypto'
import type { Uuid } from '../domain/id.ts'
import type { Sql } from '../store/sql.ts'

/** Which event a key stands for. A key is its organization's own. */
export interface KeyClaim {
  readonly organizationId: Uuid<'org'>
  readonly key: string
  readonly eventId: Uuid<'evt'>
  /** See contentHash. */
  readonly content: string
}

/**
 * What an event says: type and data, byte for byte. Not when it is to be delivered: that is often reckoned from now, and is
 * another time when a publish is repeated. postrider.publish() in migrations/first/publish.sql makes the same hash.
 */
export function contentHash({ type, data }: { readonly type: string; readonly data: string }): string {
  return createHash('sha256').update(`${type}\n${data}`).digest('hex')
}

/**
 * Claims idempotency keys; a key older than 24 h counts as free. Returns for each claim the one that the key
 * stands for: that given when it won. Sorted, so that two batches cannot wait for each other in a circle.
 */
export async function claimIdempotencyKeys(tx: Sql, claims: readonly KeyClaim[]): Promise<Map<string, KeyClaim>> {
  const sorted = claims.toSorted((a, b) => compare(keyOf(a), keyOf(b)))
  const rows = await tx<KeyClaim>(
    `with w as (
       select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[]) as w (organization_id, key, event_id, content)
     ), won as (
       insert into idempotency_key as k (organization_id, key, event_id, content) select * from w
       on conflict (organization_id, key)
         do update set event_id = excluded.event_id, content = excluded.content, created_at = now()
         where k.created_at < now() - interval '24 hours'
       returning organization_id, key, event_id, content
     )
     select organization_id as "organizationId", key, event_id as "eventId", content from won`,
    [
      sorted.map((one) => one.organizationId),
      sorted.map((one) => one.key),
      sorted.map((one) => one.eventId),
      sorted.map((one) => one.content),
    ],
  )
  const owners = new Map(rows.map((row) => [keyOf(row), row]))
  const lost = sorted.filter((claim) => !owners.has(keyOf(claim)))
  if (lost.length > 0) {
    for (const row of await findKeyOwners(tx, lost)) owners.set(keyOf(row), row)
  }
  return owners
}

export function keyOf(claim: { organizationId: Uuid<'org'>; key: string }): string {
  return `${claim.organizationId}\u0000${claim.key}`
}

async function findKeyOwners(tx: Sql, keys: readonly KeyClaim[]): Promise<KeyClaim[]> {
  return tx<KeyClaim>(
    `select k.organization_id as "organizationId", k.key, k.event_id as "eventId", k.content
     from unnest($1::uuid[], $2::text[]) as w (organization_id, key)
     join idempotency_key k on k.organization_id = w.organization_id and k.key = w.key`,
    [keys.map((one) => one.organizationId), keys.map((one) => one.key)],
  )
}

/** Frees those of the keys that these events have. */
export async function releaseIdempotencyKeys(tx: Sql, claims: readonly KeyClaim[]): Promise<void> {
  await tx(
    `delete from idempotency_key k using unnest($1::uuid[], $2::text[], $3::uuid[]) as w (organization_id, key, event_id)
     where k.organization_id = w.organization_id and k.key = w.key and k.event_id = w.event_id`,
    [claims.map((one) => one.organizationId), claims.map((one) => one.key), claims.map((one) => one.eventId)],
  )
}

/** Forgets keys that count as free, oldest first, a bounded number at a time. */
export async function dropOldIdempotencyKeys(sql: Sql): Promise<void> {
  const old = `select organization_id, key from idempotency_key where created_at < now() - interval '25 hours'
    order by created_at limit 10000`
  while ((await sql(`delete from idempotency_key where (organization_id, key) in (${old}) returning 1`)).length > 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
