-- What applications and their customers set up. Foreign keys are checked at commit: a unit of work may insert in any order.

create table application (
  id uuid primary key,
  name text not null,
  delivery_profile json not null,
  profile_version int not null default 1,
  max_attempts int not null generated always as (json_array_length(delivery_profile -> 'retryDelays') + 1) stored,
  -- Whether the envelope spreads the keys of an event's data, which must be an object then. DATA_SPREAD is always the last entry.
  spreads_data boolean not null generated always as
    (coalesce(delivery_profile -> 'envelope' -> -1 ->> 'source', '') = 'DATA_SPREAD') stored,
  created_at timestamptz(3) not null
);

-- Earlier profiles: the body of an old attempt is rendered with the profile of its time.
create table delivery_profile_version (
  application_id uuid not null references application on delete cascade deferrable initially deferred,
  version int not null,
  settings json not null,
  primary key (application_id, version)
);

create table organization (
  id uuid primary key,
  application_id uuid not null references application on delete cascade deferrable initially deferred,
  external_id text,
  name text not null,
  -- The application's own people, who are told of failing destinations and the like.
  is_operations boolean not null default false,
  created_at timestamptz(3) not null,
  unique (application_id, external_id)
);
create index organization_application on organization (application_id, id);
create unique index organization_operations on organization (application_id) where is_operations;

create table api_key (
  id uuid primary key,
  application_id uuid not null references application on delete cascade deferrable initially deferred,
  -- When set, the key acts as this organization alone, as a portal session does.
  organization_id uuid references organization on delete cascade deferrable initially deferred,
  name text not null,
  hash text not null unique,
  hint text not null,
  created_at timestamptz(3) not null,
  last_used_at timestamptz(3),
  revoked_at timestamptz(3)
);
create index api_key_application on api_key (application_id);
create index api_key_organization on api_key (organization_id) where organization_id is not null;

-- Portal sessions that were ended before their time.
create table revoked_session (
  application_id uuid not null references application on delete cascade deferrable initially deferred,
  id uuid not null,
  -- When its token would have expired, at the latest.
  expires_at timestamptz(3) not null,
  primary key (application_id, id)
);
create index revoked_session_expires_at on revoked_session (expires_at);

create table event_type (
  id uuid primary key,
  application_id uuid not null references application on delete cascade deferrable initially deferred,
  name text not null,
  description text,
  "group" text,
  status text not null,
  payload_schema json,
  sample_payload json,
  -- Only Postrider publishes it, to the operations organization.
  is_notice boolean not null default false,
  version int not null default 1,
  created_at timestamptz(3) not null,
  unique (application_id, name)
);

create table destination (
  id uuid primary key,
  application_id uuid not null references application on delete cascade deferrable initially deferred,
  organization_id uuid not null references organization on delete cascade deferrable initially deferred,
  key text,
  label text not null,
  description text,
  connector text not null,
  -- Major version of the connector that checked config.
  connector_major int not null default 1,
  config json not null,
  target text not null,
  -- Where config leads what is secret, as its connector said when it was stored.
  secrets_go_to text[] not null default '{}',
  credentials text,
  credential_hints json not null,
  headers json not null default '[]',
  header_values text,
  event_types text[] not null,
  filter text,
  transform text,
  ordering text not null default 'ANY' check (ordering in ('ANY', 'FIFO')),
  rate_limit int check (rate_limit > 0),
  inactive_since timestamptz(3),
  version int not null default 1,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  unique (organization_id, key)
);
create index destination_organization on destination (organization_id, id);
create index destination_application on destination (application_id, id);

create table signing_secret (
  id uuid primary key,
  destination_id uuid not null references destination on delete cascade deferrable initially deferred,
  secret text not null,
  hint text not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3)
);
create index signing_secret_destination on signing_secret (destination_id);

-- Who did what to which object.
create table audit_entry (
  id uuid primary key,
  application_id uuid not null references application on delete cascade deferrable initially deferred,
  actor_kind text,
  actor_key_id uuid,
  action text not null,
  object_id text not null,
  changes text[] not null
);
create index audit_entry_application on audit_entry (application_id, id);
create index audit_entry_object on audit_entry (object_id, id);
