-- Publishing from the transaction of a product that shares this Postgres: postrider.publish() stores the event and a row in the
-- outbox, and a worker makes the deliveries once that is committed.

-- Holds what others may call; the tables stay where they are.
create schema if not exists postrider;

-- n is the order of the calls. A worker deletes the row in the transaction that makes the deliveries.
create table outbox (
  n bigint generated always as identity primary key,
  event_id uuid not null,
  organization_id uuid not null
);

-- One row: until then a worker polls, and need not be woken.
create table outbox_awake (only_row boolean primary key default true check (only_row), until timestamptz not null);
insert into outbox_awake (until) values ('epoch');

create table publish_grant (
  role name not null,
  application_id uuid not null references application on delete cascade deferrable initially deferred,
  primary key (role, application_id)
);
