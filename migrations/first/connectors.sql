-- What connectors remember, and what they do besides deliveries.

create table connector_memo (
  destination_id uuid not null references destination on delete cascade deferrable initially deferred,
  key text not null,
  value text,
  -- Of the destination, when the value was asked for: settings before and after may lead to two services.
  destination_version int not null,
  claimed_until timestamptz,
  expires_at timestamptz,
  primary key (destination_id, key)
);
create index connector_memo_expiry on connector_memo (expires_at) where expires_at is not null;

-- Set-up and teardown at the other side. The id is the destination's; a DELETE outlives its destination, so the row holds all that it needs.
create table connector_job (
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
);
create index connector_job_due on connector_job (due_at);

create table connector_warning (
  connector text not null,
  version text not null,
  kind text not null,
  message text not null,
  warned_at timestamptz not null default now(),
  primary key (connector, version, kind)
);
