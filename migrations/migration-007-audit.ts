import { Migration } from '@mikro-orm/migrations'

/** Who did what to which object. */
export class AuditMigration extends Migration {
  override up(): void {
    this.addSql(`create table audit_entry (
      id uuid primary key,
      application_id uuid not null references application on delete cascade deferrable initially deferred,
      actor_kind text,
      actor_key_id uuid,
      action text not null,
      object_id text not null,
      changes text[] not null
    )`)
    this.addSql('create index audit_entry_application on audit_entry (application_id, id)')
    this.addSql('create index audit_entry_object on audit_entry (object_id, id)')
  }
}
