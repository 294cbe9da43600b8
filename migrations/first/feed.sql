-- The feed of attempts, and the counts by minute, hour and day that charts read instead of the attempts.

-- One row. The epoch is raised when the database turns out to be a restored one.
create table feed_epoch (
  only_row boolean primary key default true check (only_row),
  epoch bigint not null,
  system_identifier text not null,
  timeline int not null,
  highest_xid xid8 not null,
  -- The last attempt that retention dropped, in the order of the feed; null until there is one.
  dropped_epoch bigint,
  dropped_xid xid8,
  dropped_id uuid
);
insert into feed_epoch (epoch, system_identifier, timeline, highest_xid)
  select extract(epoch from now())::bigint, s.system_identifier::text, c.timeline_id, pg_current_xact_id()
  from pg_control_system() s, pg_control_checkpoint() c;

-- A row each for the application, the organization and the destination: a chart reads only its own. bins and counts belong
-- together as in domain/duration-histogram.ts.
create table attempt_stats (
  scope_id uuid not null,
  bucket text not null check (bucket in ('MINUTE', 'HOUR', 'DAY')),
  start timestamptz not null,
  attempts int not null,
  succeeded int not null,
  bins smallint[] not null,
  counts int[] not null,
  primary key (scope_id, bucket, start)
) with (fillfactor = 70);
create index attempt_stats_start on attempt_stats (bucket, start);

-- One row: the attempts up to here, in the order of the feed, are counted.
create table attempt_stats_position (
  only_row boolean primary key default true check (only_row),
  feed_epoch bigint not null,
  feed_xid xid8 not null,
  attempt_id uuid not null
);
insert into attempt_stats_position (feed_epoch, feed_xid, attempt_id) values (0, '0', '00000000-0000-0000-0000-000000000000');
