import type { EntityManager } from '@mikro-orm/postgresql'
import type { Sql } from './sql.ts'

/** Advisory locks: numbers that other users of the database are unlikely to take. */
export const locks = {
  migration: 7_065_737_472,
  outbox: 7_065_737_473,
  retention: 7_065_737_474,
  firstStart: 7_065_737_475,
} as const

/** Waits for the lock, which is freed at the end of the transaction. */
export async function takeLock(em: EntityManager, lock: number): Promise<void> {
  await em.execute('select pg_advisory_xact_lock(?)', [lock])
}

/** Takes the lock until the end of the transaction; false when another process has it. */
export async function tryLock(tx: Sql, lock: number): Promise<boolean> {
  const [row] = await tx<{ isTaken: boolean }>('select pg_try_advisory_xact_lock($1) as "isTaken"', [lock])
  return row!.isTaken
}
