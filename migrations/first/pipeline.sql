-- Events, deliveries and attempts, partitioned by the time inside their UUIDv7 keys. There are no foreign keys among the three:
-- retention drops whole partitions. The default partitions catch clock steps; store/partition.ts makes daily ones ahead.

create table event (
  id uuid primary key,
  application_id uuid not null,
  organization_id uuid not null,
  type text not null,
  -- Text, because jsonb would reorder the keys.
  data text,
  data_bytes int not null,
  idempotency_key text,
  is_test boolean not null,
  deliver_at timestamptz(3),
  -- REJECTED: published by SQL, and found by the worker to break the schema of its type. It has no deliveries.
  status text not null default 'ACCEPTED' check (status in ('ACCEPTED', 'REJECTED')),
  -- Why it was rejected. Not jsonb: a property of the data may be named with a NUL character.
  problems json,
  check ((status = 'REJECTED') = (problems is not null))
) partition by range (id);
create table event_default partition of event default;
create index event_application on event (application_id, id);
create index event_organization on event (organization_id, id);
create index event_rejected_application on event (application_id, id) where status = 'REJECTED';
create index event_rejected_organization on event (organization_id, id) where status = 'REJECTED';

create table delivery (
  id uuid primary key,
  application_id uuid not null,
  organization_id uuid not null,
  event_id uuid not null,
  destination_id uuid not null,
  event_type text not null,
  status text not null check (status in ('PENDING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'SKIPPED')),
  -- Null while a delivery is pending and when it succeeded, so that the usual update changes no indexed column and stays
  -- heap-only. An index on status itself would make each update write all indexes again.
  exception text generated always as (case when status in ('FAILED', 'CANCELLED', 'SKIPPED') then status end) stored,
  skip_reason text,
  trigger text not null,
  attempt_count int not null default 0,
  max_attempts int not null,
  next_attempt_at timestamptz(3),
  finished_at timestamptz(3)
) partition by range (id);
create table delivery_default partition of delivery default with (fillfactor = 80);
create index delivery_event on delivery (event_id);
create index delivery_destination on delivery (destination_id, id);
create index delivery_organization on delivery (organization_id, id);
create index delivery_application on delivery (application_id, id);
create index delivery_exception_application on delivery (application_id, exception, id) where exception is not null;
create index delivery_exception_organization on delivery (organization_id, exception, id) where exception is not null;
create index delivery_exception_destination on delivery (destination_id, exception, id) where exception is not null;

create table delivery_attempt (
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
) partition by range (id);
create table delivery_attempt_default partition of delivery_attempt default;
create index delivery_attempt_delivery on delivery_attempt (delivery_id, id);
create index delivery_attempt_feed on delivery_attempt (feed_epoch, feed_xid, id);
-- Without it a quiet application would read everybody's attempts to find its own.
create index delivery_attempt_application_feed on delivery_attempt (application_id, feed_epoch, feed_xid, id);

-- Apart from event, because nothing but the id is unique across partitions.
create table idempotency_key (
  -- A publish holds the organization until it ends, which is all that a foreign key would do.
  organization_id uuid not null,
  key text not null,
  event_id uuid not null,
  -- SHA-256 of type and data, in hexadecimal: the key stands for this event, and is refused to another.
  content text not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, key)
);
create index idempotency_key_created_at on idempotency_key (created_at);
