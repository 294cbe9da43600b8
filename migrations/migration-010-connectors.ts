import { Migration } from '@mikro-orm/migrations'

/** What connectors keep, do beside deliveries, and are warned of; and keys for the services on their other side. */
export class ConnectorsMigration extends Migration {
  override up(): void {
    // Set: the key acts as this organization alone, as a portal session does.
    this.addSql(
      'alter table api_key add column organization_id uuid references organization on delete cascade deferrable initially deferred',
    )
    this.addSql('create index api_key_organization on api_key (organization_id) where organization_id is not null')
    // The major of the connector that config was checked by. All there were had their first.
    this.addSql('alter table destination add column connector_major int not null default 1')
    this.addSql(`create table connector_memo (
      destination_id uuid not null references destination on delete cascade deferrable initially deferred,
      key text not null,
      value text,
      claimed_until timestamptz,
      expires_at timestamptz,
      primary key (destination_id, key)
    )`)
    this.addSql('create index connector_memo_expiry on connector_memo (expires_at) where expires_at is not null')
    // The id is the destination's. A DELETE outlives it, and has all that it needs.
    this.addSql(`create table connector_job (
      id uuid not null,
      kind text not null check (kind in ('CREATE', 'DELETE')),
      connector text not null,
      organization_id uuid not null,
      application_id uuid not null references application on delete cascade deferrable initially deferred,
      config json not null default '{}',
      credentials text,
      memos jsonb not null default '{}',
      attempts int not null default 0,
      due_at timestamptz not null default now(),
      give_up_at timestamptz not null default now() + interval '1 day',
      error text,
      primary key (id, kind)
    )`)
    this.addSql('create index connector_job_due on connector_job (due_at)')
    this.addSql(`create table connector_warning (
      connector text not null,
      version text not null,
      kind text not null,
      message text not null,
      warned_at timestamptz not null default now(),
      primary key (connector, version, kind)
    )`)
  }
}
