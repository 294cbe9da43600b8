import { setTimeout as pause } from 'node:timers/promises'
import { DAY_MS } from '../domain/day.ts'
import { uuidFloor } from '../domain/id.ts'
import { locks, tryLock } from '../store/locks.ts'
import type { PartitionedTable } from '../store/partition.ts'
import { type Sql, sqlState } from '../store/sql.ts'
import type { Store } from '../store/store.ts'

/** Rows of one transaction: a longer one would hold back the feed. */
const CHUNK = 1_000
const MAX_CHUNKS = 100
/** How often a busy table is tried in one run, and how long others have it in between. */
const MAX_TRIES = 5
const RETRY_EVERY_MS = 1_000

/** A day of one table. Ids carry the time, so bounds of ids are bounds of time. */
interface DayPartition {
  readonly table: PartitionedTable
  readonly name: string
  readonly from: string
  readonly to: string
}

/**
 * Drops the days of attempts, deliveries and events that ended before `before`, the oldest first, but none that a pending
 * delivery refers into. Any process may run it at any time; a table that stays busy is left for the next run.
 */
export async function dropExpired(store: Store, before: Date, signal: AbortSignal): Promise<void> {
  for (const table of ['delivery_attempt', 'delivery', 'event'] as const) {
    for (const day of await expiredDays(store.sql, table, before)) {
      if (table !== 'delivery_attempt' && (await isReferred(store.sql, day))) continue
      // In this order, or not at all: the feed remembers one place that it is lost up to.
      if (!(await dropWhenUnlocked(store, day, signal))) break
    }
    if (signal.aborted) return
    await deleteStrays(store.sql, table, uuidFloor(before.getTime()))
  }
}

async function expiredDays(sql: Sql, table: PartitionedTable, before: Date): Promise<DayPartition[]> {
  const rows = await sql<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass order by c.relname`,
    [table],
  )
  return rows.flatMap(({ name }) => {
    const [, year, month, day] = /_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? []
    const startMs = Date.parse(`${year}-${month}-${day}`)
    // NaN, of the default partition, is not less either.
    if (!(startMs + DAY_MS <= before.getTime())) return []
    return [{ table, name, from: uuidFloor(startMs), to: uuidFloor(startMs + DAY_MS) }]
  })
}

/**
 * Whether a pending delivery lies in this day, or has its event there. What was retried or recovered is younger than its
 * event, so other days are looked at too: few of their deliveries have an event of this one.
 */
async function isReferred(sql: Sql, { table, from, to }: DayPartition): Promise<boolean> {
  const [row] = await sql<{ isReferred: boolean }>(
    `select exists (select from pgboss.job where name = 'delivery' and id >= $1 and id < $2)
       or exists (select from waiting_delivery where delivery_id >= $1 and delivery_id < $2)
       or $3 and exists (
         select from delivery where event_id >= $1 and event_id < $2 and (id < $1 or id >= $2) and status = 'PENDING'
       ) as "isReferred"`,
    [from, to, table === 'event'],
  )
  return row!.isReferred
}

async function dropWhenUnlocked(store: Store, day: DayPartition, signal: AbortSignal): Promise<boolean> {
  for (let tries = 1; !signal.aborted; tries += 1) {
    if (await dropDay(store, day)) return true
    if (tries === MAX_TRIES) break
    await pause(RETRY_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
  return false
}

/** False when the table was busy, or another process is at it. */
async function dropDay(store: Store, { table, name }: DayPartition): Promise<boolean> {
  try {
    return await store.transaction(async (tx) => {
      // It waits for everybody who uses the table, and everybody else waits behind it: not for long.
      await tx("set local lock_timeout = '500ms'")
      if (!(await tryLock(tx, locks.retention))) return false
      await tx(`lock table ${table} in access exclusive mode`)
      const [found] = await tx<{ isThere: boolean }>('select to_regclass($1) is not null as "isThere"', [name])
      if (!found!.isThere) return true
      if (table === 'delivery_attempt') await rememberLost(tx, name)
      await tx(`drop table ${name}`)
      return true
    })
  } catch (error) {
    if (sqlState(error) === '55P03') return false
    throw error
  }
}

/** A follower that stands before the last row dropped is told so, in the moment in which it is gone. */
async function rememberLost(tx: Sql, partition: string): Promise<void> {
  await tx(
    `update feed_epoch f set dropped_epoch = last.feed_epoch, dropped_xid = last.feed_xid, dropped_id = last.id
     from (select feed_epoch, feed_xid, id from ${partition} order by 1 desc, 2 desc, 3 desc limit 1) last
     where f.dropped_epoch is null
       or (last.feed_epoch, last.feed_xid, last.id) > (f.dropped_epoch, f.dropped_xid, f.dropped_id)`,
  )
}

const strays: Readonly<Record<PartitionedTable, string>> = {
  // Its clock was wrong, and the feed may still have to show it: it goes with its neighbours in the feed.
  delivery_attempt: `(feed_epoch, feed_xid, id)
    <= (select dropped_epoch, dropped_xid, dropped_id from feed_epoch where dropped_epoch is not null)`,
  delivery: "status <> 'PENDING'",
  event: "not exists (select from delivery d where d.event_id = row.id and d.status = 'PENDING')",
}

/** What clocks that stepped have put into the default partition goes row by row. */
async function deleteStrays(sql: Sql, table: PartitionedTable, before: string): Promise<void> {
  for (let chunk = 0; chunk < MAX_CHUNKS; chunk += 1) {
    const rows = await sql(
      `delete from ${table}_default where id = any(array(
         select id from ${table}_default row where id < $1 and ${strays[table]} order by id limit ${CHUNK}))
       returning 1`,
      [before],
    )
    if (rows.length < CHUNK) return
  }
}
