import { DAY_MS } from '../domain/day.ts'
import { uuidFloor } from '../domain/id.ts'
import type { Sql } from './sql.ts'
import { sqlState } from './sql.ts'

const DAYS_AHEAD = 7

/** Storage options of each partitioned table: deliveries are updated in place, and leave room for it. */
const tables = { event: '', delivery: 'with (fillfactor = 50)', delivery_attempt: '' } as const
export type PartitionedTable = keyof typeof tables

/**
 * Makes the daily partitions from yesterday to a week ahead that are still missing. Any process may run it at
 * any time. A day whose rows already lie in the default partition (the clock stepped) stays there.
 */
export async function ensurePartitions(sql: Sql, now: Date): Promise<void> {
  const existing = new Set(
    (await sql<{ name: string }>("select relname as name from pg_class where relispartition and relkind = 'r'")).map(
      (row) => row.name,
    ),
  )
  const today = Math.floor(now.getTime() / DAY_MS)
  for (let day = today - 1; day <= today + DAYS_AHEAD; day += 1) {
    for (const table of Object.keys(tables) as PartitionedTable[]) {
      const name = `${table}_${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`
      if (!existing.has(name)) await createPartition(sql, { table, name, day })
    }
  }
}

async function createPartition(
  sql: Sql,
  { table, name, day }: { table: PartitionedTable; name: string; day: number },
): Promise<void> {
  const range = `from ('${uuidFloor(day * DAY_MS)}') to ('${uuidFloor((day + 1) * DAY_MS)}')`
  try {
    // It waits for everybody who reads the table, and everybody who writes waits behind it: not for long.
    await sql(`set local lock_timeout = '1s';
      create table if not exists ${name} partition of ${table} for values ${range} ${tables[table]}`)
  } catch (error) {
    // 23514: rows of that day lie in the default partition. 42P07, 42P17, 23505: another process was faster.
    // 55P03: the table was busy; there is a week of partitions, and an hour until the next try.
    if (!['23514', '42P07', '42P17', '23505', '55P03'].includes(sqlState(error) ?? '')) throw error
  }
}
