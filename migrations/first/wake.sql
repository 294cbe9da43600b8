-- At commit, when the line is about to be seen. NOTIFY takes a lock of the whole cluster then, so it is spared while a worker
-- looks anyway. As definer: before Postgres 18 a deferred trigger runs as whoever commits.
create function postrider.ring_outbox() returns trigger language plpgsql security definer as $$
begin
  if clock_timestamp() > (select until from outbox_awake) then perform pg_notify('postrider', 'sql outbox'); end if;
  return null;
end $$;

create constraint trigger outbox_ring after insert on outbox deferrable initially deferred
  for each row execute function postrider.ring_outbox();
