import type { Uuid } from '../domain/id.ts'
import type { Sql } from '../store/sql.ts'

/** Makes a pending delivery due now. */
export async function markDue(tx: Sql, id: Uuid<'dlv'>): Promise<void> {
  await tx("update delivery set next_attempt_at = now() where id = $1 and status = 'PENDING'", [id])
}

/** Cancels a pending delivery. Returns false when it is no longer pending. */
export async function markCancelled(tx: Sql, id: Uuid<'dlv'>): Promise<boolean> {
  const rows = await tx(
    `update delivery set status = 'CANCELLED', finished_at = now(), next_attempt_at = null
     where id = $1 and status = 'PENDING' returning 1`,
    [id],
  )
  return rows.length > 0
}
