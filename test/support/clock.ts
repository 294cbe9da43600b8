import type { TestDatabase } from './database.ts'
import { shiftDate } from './shift-date.ts'

/** Time as a test moves it. */
export interface Clock extends AsyncDisposable {
  /** Goes on by so much at once: for Date in this process, and for now() in statements on the database. */
  advance(ms: number): Promise<void>
}

/**
 * Puts a clock of the test's own into this process and into one database that nobody has connected to yet. Postgres's now()
 * is found after one of our own on the search path; timers are monotonic, and stay as they are.
 */
export async function injectClock(database: TestDatabase): Promise<Clock> {
  const name = new URL(database.url).pathname.slice(1)
  await database.query('create schema clock')
  await database.query("create table clock.shift as select interval '0' as by")
  await database.query(`create function clock.now() returns timestamptz language sql stable
    as 'select pg_catalog.now() + by from clock.shift'`)
  await database.query(`alter database ${name} set search_path = public, clock, pg_catalog`)
  const date = shiftDate()
  let offsetMs = 0
  return {
    async advance(ms) {
      offsetMs += ms
      date.set(offsetMs)
      await database.query("update clock.shift set by = $1 * interval '1 ms'", [offsetMs])
      await database.query("select pg_notify('postrider', 'test waiting')")
    },
    async [Symbol.asyncDispose]() {
      date.restore()
    },
  }
}
