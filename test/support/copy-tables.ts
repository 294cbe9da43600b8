import type { TestDatabase } from './database.ts'

/** Postrider's tables as a dump has them, into a database that was migrated: what there was is gone. */
export async function copyTables(from: TestDatabase, to: TestDatabase): Promise<void> {
  const tables = await from.query<{ name: string; columns: string }>(
    `select c.relname as name, string_agg(quote_ident(a.attname), ', ') as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and c.relname <> 'postrider_migration'
     group by c.relname`,
  )
  await to.query(`truncate ${tables.map(({ name }) => name).join()} cascade`)
  // Foreign keys are checked at commit; several statements of one text are one transaction.
  const inserts = await Promise.all(
    tables.map(async ({ name, columns }) => {
      const [row] = await from.query<{ rows: string | null }>(
        `select json_agg(t)::text as rows from (select ${columns} from ${name}) t`,
      )
      const rows = (row?.rows ?? '[]').replaceAll("'", "''")
      return `insert into ${name} (${columns}) overriding system value
        select ${columns} from json_populate_recordset(null::${name}, '${rows}')`
    }),
  )
  await to.query(inserts.join(';\n'))
}
