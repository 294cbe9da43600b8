import { readFileSync } from 'node:fs'
import { Migration } from '@mikro-orm/migrations'

/**
 * Publishing from the transaction of a product that shares this Postgres: postrider.publish() stores the event and a line in
 * the outbox, and a worker makes the deliveries once that is committed. The schema `postrider` holds what others may call;
 * the tables stay where they are.
 */
export class OutboxMigration extends Migration {
  override up(): void {
    for (const name of ['tables', 'ids', 'publish', 'grants', 'doorbell']) this.addSql(readSql(name))
    // Whoever calls, they mean our tables. The schema is known only here.
    for (const name of withTables)
      this.addSql(`do $do$ begin
      execute format('alter function postrider.${name} set search_path = %I, pg_temp', current_schema());
    end $do$`)
  }
}

const withTables = [
  'publish(text, text, text, json, text, timestamptz)',
  'grant_publish(text, name)',
  'revoke_publish(text, name)',
  'ring_outbox()',
]

function readSql(name: string): string {
  return readFileSync(new URL(`outbox/${name}.sql`, import.meta.url), 'utf8')
}
