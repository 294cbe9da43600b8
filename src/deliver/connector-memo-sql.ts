import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Uuid } from '../domain/id.ts'
import type { Sql } from '../store/sql.ts'

// What connectors remember of a destination: texts that are made once.

/** How long other processes wait for the one that computes the value before they take over. */
const CLAIM_S = 60

export interface Memo {
  /** Null while it is being made. */
  readonly value: string | null
  /** Whether the caller is to make it. */
  readonly isOurs: boolean
}

/** A value that the connector remembers under a key, asked for with these settings of its destination. */
export interface MemoKey {
  readonly destinationId: Uuid<'dst'>
  readonly version: number
  readonly key: string
}

/** The memo as it is now. Undefined when there is none, or the destination has changed. */
export async function readMemo(sql: Sql, { destinationId, version, key }: MemoKey): Promise<Memo | undefined> {
  const [row] = await sql<Memo>(
    `select value, false as "isOurs" from connector_memo m join destination d on d.id = m.destination_id
     where m.destination_id = $1 and m.key = $2 and d.version = $3
       and coalesce(m.expires_at, m.claimed_until, 'infinity') > now()`,
    [destinationId, key, version],
  )
  return row
}

/** The same, claimed by the caller when nobody has it. Undefined when the destination has changed or is not there. */
export async function claimMemo(sql: Sql, { destinationId, version, key }: MemoKey): Promise<Memo | undefined> {
  const [row] = await sql<Memo>(
    `with current as materialized (
       -- Not while its settings are being changed, which forgets its memos.
       select id, version from destination where id = $1 and version = $4 for share
     ), claimed as (
       insert into connector_memo as m (destination_id, key, destination_version, claimed_until)
       select id, $2, version, now() + $3 * interval '1 s' from current
       on conflict (destination_id, key) do update set value = null, expires_at = null, claimed_until = excluded.claimed_until,
         destination_version = excluded.destination_version
         where m.expires_at <= now() or m.claimed_until <= now()
       returning key
     )
     select null::text as value, true as "isOurs" from claimed
     union all
     select value, false from connector_memo m join current on current.id = m.destination_id
     where m.key = $2 and not exists (select from claimed)`,
    [destinationId, key, CLAIM_S, version],
  )
  return row
}

/** Of the caller that claimed it: another's is left alone. */
export async function writeMemo(
  sql: Sql,
  { destinationId, version, key }: MemoKey,
  { value, ttlSeconds }: { readonly value: string; readonly ttlSeconds: number | undefined },
): Promise<void> {
  await sql(
    `update connector_memo set value = $3, claimed_until = null, expires_at = now() + $4 * interval '1 s'
     where destination_id = $1 and key = $2 and destination_version = $5 and value is null`,
    [destinationId, key, value, ttlSeconds ?? null, version],
  )
}

/** Lets the next one make it. */
export async function giveUpMemo(sql: Sql, { destinationId, version, key }: MemoKey): Promise<void> {
  await sql(
    'delete from connector_memo where destination_id = $1 and key = $2 and destination_version = $3 and value is null',
    [destinationId, key, version],
  )
}

/** Forgets what a destination's connector remembers of its old service. Runs in the unit's transaction. */
export async function dropMemos(em: SqlEntityManager, destinationId: Uuid<'dst'>): Promise<void> {
  await em.execute('delete from connector_memo where destination_id = ?', [destinationId])
}

export async function dropExpiredMemos(sql: Sql): Promise<void> {
  await sql('delete from connector_memo where expires_at <= now()')
}
