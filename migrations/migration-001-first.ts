import { Migration } from '@mikro-orm/migrations'

/** Nouns of the configuration, then the three partitioned tables of the pipeline, then what the feed and idempotency keep. */
export class FirstMigration extends Migration {
  override up(): void {
    for (const statement of [...configuration, ...pipeline, ...bookkeeping]) this.addSql(statement)
  }
}

// Foreign keys are checked at commit: a unit of work may insert in any order.
const configuration = [
  `create table application (
    id uuid primary key,
    name text not null,
    delivery_profile json not null,
    profile_version int not null default 1,
    max_attempts int not null generated always as (json_array_length(delivery_profile -> 'retryDelays') + 1) stored,
    created_at timestamptz(3) not null
  )`,
  // What an attempt's body was rendered with stays readable after the profile changed.
  `create table delivery_profile_version (
    application_id uuid not null references application on delete cascade deferrable initially deferred,
    version int not null,
    settings json not null,
    primary key (application_id, version)
  )`,
  `create table api_key (
    id uuid primary key,
    application_id uuid not null references application on delete cascade deferrable initially deferred,
    name text not null,
    hash text not null unique,
    hint text not null,
    created_at timestamptz(3) not null,
    last_used_at timestamptz(3),
    revoked_at timestamptz(3)
  )`,
  'create index api_key_application on api_key (application_id)',
  `create table organization (
    id uuid primary key,
    application_id uuid not null references application on delete cascade deferrable initially deferred,
    external_id text,
    name text not null,
    created_at timestamptz(3) not null,
    unique (application_id, external_id)
  )`,
  'create index organization_application on organization (application_id, id)',
  `create table event_type (
    id uuid primary key,
    application_id uuid not null references application on delete cascade deferrable initially deferred,
    name text not null,
    description text,
    "group" text,
    status text not null,
    payload_schema json,
    sample_payload json,
    version int not null default 1,
    created_at timestamptz(3) not null,
    unique (application_id, name)
  )`,
  `create table destination (
    id uuid primary key,
    application_id uuid not null references application on delete cascade deferrable initially deferred,
    organization_id uuid not null references organization on delete cascade deferrable initially deferred,
    key text,
    label text not null,
    description text,
    connector text not null,
    config json not null,
    target text not null,
    credentials text,
    credential_hints json not null,
    event_types text[] not null,
    inactive_since timestamptz(3),
    version int not null default 1,
    created_at timestamptz(3) not null,
    updated_at timestamptz(3) not null,
    unique (organization_id, key)
  )`,
  'create index destination_organization on destination (organization_id, id)',
  'create index destination_application on destination (application_id, id)',
  `create table signing_secret (
    id uuid primary key,
    destination_id uuid not null references destination on delete cascade deferrable initially deferred,
    secret text not null,
    hint text not null,
    created_at timestamptz(3) not null,
    expires_at timestamptz(3)
  )`,
  'create index signing_secret_destination on signing_secret (destination_id)',
  // Apart from destination, because it is written with the traffic and destination is read with it.
  `create table destination_health (
    destination_id uuid primary key references destination on delete cascade deferrable initially deferred,
    health text not null default 'HEALTHY',
    disabled_reason text,
    disabled_at timestamptz(3),
    consecutive_failures int not null default 0,
    failing_since timestamptz(3),
    last_success_at timestamptz(3)
  ) with (fillfactor = 70)`,
]

// Partitioned by the time inside their UUIDv7 keys. No foreign keys among the three: partitions are dropped whole.
// The default partitions catch clock steps; daily ones are made ahead by store/partition.ts.
const pipeline = [
  `create table event (
    id uuid primary key,
    application_id uuid not null,
    organization_id uuid not null,
    type text not null,
    data text,
    data_bytes int not null,
    idempotency_key text,
    is_test boolean not null
  ) partition by range (id)`,
  'create table event_default partition of event default',
  'create index event_application on event (application_id, id)',
  'create index event_organization on event (organization_id, id)',
  `create table delivery (
    id uuid primary key,
    application_id uuid not null,
    organization_id uuid not null,
    event_id uuid not null,
    destination_id uuid not null,
    event_type text not null,
    status text not null check (status in ('PENDING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'SKIPPED')),
    skip_reason text,
    trigger text not null,
    attempt_count int not null default 0,
    max_attempts int not null,
    next_attempt_at timestamptz(3),
    finished_at timestamptz(3)
  ) partition by range (id)`,
  'create table delivery_default partition of delivery default with (fillfactor = 80)',
  'create index delivery_event on delivery (event_id)',
  'create index delivery_destination on delivery (destination_id, id)',
  'create index delivery_organization on delivery (organization_id, id)',
  'create index delivery_application on delivery (application_id, id)',
  `create table delivery_attempt (
    id uuid primary key,
    application_id uuid not null,
    organization_id uuid not null,
    delivery_id uuid not null,
    destination_id uuid not null,
    event_id uuid not null,
    event_type text not null,
    number int not null,
    started_at timestamptz(3) not null,
    duration_ms int not null,
    outcome text not null check (outcome in ('SUCCESS', 'RETRYABLE_FAILURE', 'PERMANENT_FAILURE')),
    failure_kind text,
    error_message text,
    retry_at timestamptz(3),
    request json,
    request_body text,
    profile_version int not null,
    response json,
    feed_epoch bigint not null,
    feed_xid xid8 not null default pg_current_xact_id()
  ) partition by range (id)`,
  'create table delivery_attempt_default partition of delivery_attempt default',
  'create index delivery_attempt_delivery on delivery_attempt (delivery_id, id)',
  'create index delivery_attempt_feed on delivery_attempt (feed_epoch, feed_xid, id)',
  // Without it a quiet application would read everybody's attempts to find its own.
  'create index delivery_attempt_application_feed on delivery_attempt (application_id, feed_epoch, feed_xid, id)',
]

const bookkeeping = [
  `create table idempotency_key (
    application_id uuid not null references application on delete cascade deferrable initially deferred,
    key text not null,
    event_id uuid not null,
    created_at timestamptz not null default now(),
    primary key (application_id, key)
  )`,
  'create index idempotency_key_created_at on idempotency_key (created_at)',
  // One row. The epoch is raised when the database turns out to be a restored one.
  `create table feed_epoch (
    only_row boolean primary key default true check (only_row),
    epoch bigint not null,
    system_identifier text not null,
    timeline int not null,
    highest_xid xid8 not null
  )`,
  `insert into feed_epoch (epoch, system_identifier, timeline, highest_xid)
    select extract(epoch from now())::bigint, s.system_identifier::text, c.timeline_id, pg_current_xact_id()
    from pg_control_system() s, pg_control_checkpoint() c`,
]
