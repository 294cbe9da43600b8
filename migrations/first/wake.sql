-- Deferred to the commit, when the row becomes visible. NOTIFY takes a cluster-wide lock at commit, so it is left out while a
-- worker polls anyway. Security definer, because before Postgres 18 a deferred trigger runs as the role that commits.
create function postrider.wake_outbox() returns trigger language plpgsql security definer as $$
begin
  if clock_timestamp() > (select until from outbox_awake) then perform pg_notify('postrider', 'sql outbox'); end if;
  return null;
end $$;

create constraint trigger outbox_wake after insert on outbox deferrable initially deferred
  for each row execute function postrider.wake_outbox();
