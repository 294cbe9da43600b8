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

/** The memo as it is now, claimed by the caller when nobody has it. Undefined when the destination is not there. */
export async function claimMemo(sql: Sql, destinationId: Uuid<'dst'>, key: string): Promise<Memo | undefined> {
  const [row] = await sql<Memo>(
    `with claimed as (
       insert into connector_memo as m (destination_id, key, claimed_until)
       select id, $2, now() + $3 * interval '1 s' from destination where id = $1
       on conflict (destination_id, key) do update set value = null, expires_at = null, claimed_until = excluded.claimed_until
         where m.expires_at <= now() or m.claimed_until <= now()
       returning key
     )
     select null::text as value, true as "isOurs" from claimed
     union all
     select value, false from connector_memo
     where destination_id = $1 and key = $2 and not exists (select from claimed)`,
    [destinationId, key, CLAIM_S],
  )
  return row
}

export async function writeMemo(
  sql: Sql,
  memo: { destinationId: Uuid<'dst'>; key: string; value: string; ttlSeconds: number | undefined },
): Promise<void> {
  await sql(
    `update connector_memo set value = $3, claimed_until = null, expires_at = now() + $4 * interval '1 s'
     where destination_id = $1 and key = $2`,
    [memo.destinationId, memo.key, memo.value, memo.ttlSeconds ?? null],
  )
}

/** Lets the next one make it. */
export async function giveUpMemo(sql: Sql, destinationId: Uuid<'dst'>, key: string): Promise<void> {
  await sql('delete from connector_memo where destination_id = $1 and key = $2 and value is null', [destinationId, key])
}

/** Forgets what a destination's connector remembers of its old service. Runs in the unit's transaction. */
export async function dropMemos(em: SqlEntityManager, destinationId: Uuid<'dst'>): Promise<void> {
  await em.execute('delete from connector_memo where destination_id = ?', [destinationId])
}

export async function dropExpiredMemos(sql: Sql): Promise<void> {
  await sql('delete from connector_memo where expires_at <= now()')
}
