create schema if not exists postrider;

-- In the order of the calls. A worker takes a line away in the transaction that makes its deliveries.
create table outbox (n bigint generated always as identity primary key, event_id uuid not null);

-- One row: until then a worker looks again and again, and need not be rung for.
create table outbox_awake (only_row boolean primary key default true check (only_row), until timestamptz not null);

insert into outbox_awake (until) values ('epoch');

create table publish_grant (
  role name not null,
  application_id uuid not null references application on delete cascade deferrable initially deferred,
  primary key (role, application_id)
);
