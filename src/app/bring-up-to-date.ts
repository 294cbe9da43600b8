import pg from 'pg'
import { jobTablesVersion, openQueue } from '../queue/jobs.ts'
import { migrate, whileMigrating } from '../store/migrate.ts'
import { ensurePartitions } from '../store/partition.ts'
import type { Sql } from '../store/sql.ts'

export interface BroughtUpToDate {
  /** Of our tables, in order; empty when they were up to date. */
  readonly migrations: readonly string[]
  /** pg-boss's number for its tables, before (null: there were none) and after. */
  readonly jobTables: { readonly before: number | null; readonly after: number }
}

/** All that a start does to the database, and nothing else. Safe beside running processes, and in many at once. */
export async function bringUpToDate(databaseUrl: string): Promise<BroughtUpToDate> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'postrider migrate' })
  // The statement after it fails; unheard, the error would end the process.
  client.on('error', () => undefined)
  await client.connect()
  try {
    const sql: Sql = async <Row>(text: string, values?: readonly unknown[]) => {
      const result: pg.QueryResult | pg.QueryResult[] = await client.query(text, values as unknown[])
      return (Array.isArray(result) ? result.flatMap((one) => one.rows) : result.rows) as Row[]
    }
    const done = await whileMigrating(databaseUrl, async () => {
      const migrations = await migrate(databaseUrl)
      const before = await jobTablesVersion(sql)
      const failures: unknown[] = []
      const jobs = await openQueue({ sql, supervise: false, onError: (error) => failures.push(error) })
      await jobs[Symbol.asyncDispose]()
      if (failures.length > 0) throw failures[0]
      return { migrations, jobTables: { before, after: (await jobTablesVersion(sql))! } }
    })
    await ensurePartitions(sql, new Date())
    return done
  } finally {
    await client.end()
  }
}
