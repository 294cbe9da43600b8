import { readFileSync } from 'node:fs'
import { Migration } from '@mikro-orm/migrations'

/** All tables, and the functions by which others publish from a transaction of their own. */
export class FirstMigration extends Migration {
  override up(): void {
    for (const name of files) this.addSql(readFileSync(new URL(`first/${name}.sql`, import.meta.url), 'utf8'))
    // A caller's own tables may have the same names as ours. Only here do we know which schema ours are in.
    for (const name of functionsOnTables)
      this.addSql(`do $do$ begin
        execute format('alter function postrider.${name} set search_path = %I, pg_temp', current_schema());
      end $do$`)
  }
}

const files = ['configuration', 'connectors', 'pipeline', 'queue', 'feed', 'outbox', 'ids', 'publish', 'grants', 'wake']

const functionsOnTables = [
  'publish(text, text, text, json, text, timestamptz)',
  'grant_publish(text, name)',
  'revoke_publish(text, name)',
  'ring_outbox()',
]
