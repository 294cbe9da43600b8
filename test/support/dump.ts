import type { TestDatabase } from './database.ts'

/** Every row of every table, as text, by table. */
export async function dumpOf(database: TestDatabase): Promise<Record<string, string>> {
  const tables = await database.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
  )
  const texts: Record<string, string> = {}
  for (const { name } of tables) {
    const rows = await database.query<{ row: string }>(`select t::text as row from ${name} t`)
    texts[name] = rows.map(({ row }) => row).join('\n')
  }
  return texts
}
