import type pg from 'pg'
import type { Notifier, WakeKind } from './notifier.ts'
import { runOn, type StatementNames } from './run-sql.ts'
import { type Sql, sqlState } from './sql.ts'

/** The statements of one transaction, and what to wake once it is committed. */
export interface Transaction extends Sql {
  /** Wakes nobody when the transaction rolls back. */
  wake(kind: WakeKind): void
}

export interface TransactionParts {
  readonly pool: pg.Pool
  readonly nameOf: StatementNames
  readonly notifier: Notifier
}

/** Commits when `work` resolves, and then wakes what it asked for; rolls back when it throws. */
export async function inTransaction<T>(
  { pool, nameOf, notifier }: TransactionParts,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const kinds = new Set<WakeKind>()
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('begin')
    const wake = (kind: WakeKind) => void kinds.add(kind)
    const result = await work(Object.assign(runOn(client, nameOf), { wake }))
    await client.query('commit')
    for (const kind of kinds) notifier.wake(kind)
    return result
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError
    })
    // Led to a standby, or opened while the database was read-only: a new connection may lead to where writes are taken.
    if (sqlState(error) === '25006') broken = error as Error
    throw error
  } finally {
    client.release(broken)
  }
}
