import type { Uuid } from '../domain/id.ts'
import type { Sql } from '../store/sql.ts'

/** Stores how long the expressions of destinations wait, milliseconds. The next delivery of a destination that is locked stores it. */
export async function noteWaitingExpressions(tx: Sql, waits: ReadonlyMap<Uuid<'dst'>, number>): Promise<void> {
  const rows = [...waits].map(([id, ms]) => ({ id, ms }))
  await tx(
    `with free as (
       select destination_id from destination_health where destination_id = any($2::uuid[]) for update skip locked)
     update destination_health h set expressions_wait_until = now() + x.ms * interval '1 ms'
     from free join json_to_recordset($1::json) as x (id uuid, ms float8) on x.id = free.destination_id
     where h.destination_id = free.destination_id`,
    [JSON.stringify(rows), [...waits.keys()]],
  )
}
