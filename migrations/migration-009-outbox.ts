import { Migration } from '@mikro-orm/migrations'

/**
 * Publishing from the transaction of a product that shares this Postgres: postrider.publish() stores the event and a line in
 * the outbox, and a worker makes the deliveries once that is committed. The schema `postrider` holds what others may call;
 * the tables stay where they are.
 */
export class OutboxMigration extends Migration {
  override up(): void {
    for (const statement of [...tables, ...ids, ...publish, ...grants, ...doorbell]) this.addSql(statement)
    // Whoever calls, they mean our tables. The schema is known only here.
    for (const name of withTables)
      this.addSql(`do $do$ begin
      execute format('alter function postrider.${name} set search_path = %I, pg_temp', current_schema());
    end $do$`)
  }
}

const PUBLISH = 'publish(text, text, text, json, text, timestamptz)'
const withTables = [PUBLISH, 'grant_publish(text, name)', 'revoke_publish(text, name)', 'ring_outbox()']

const tables = [
  'create schema if not exists postrider',
  // In the order of the calls. A worker takes a line away in the transaction that makes its deliveries.
  'create table outbox (n bigint generated always as identity primary key, event_id uuid not null)',
  // One row: until then a worker looks again and again, and need not be rung for.
  'create table outbox_awake (only_row boolean primary key default true check (only_row), until timestamptz not null)',
  "insert into outbox_awake (until) values ('epoch')",
  `create table publish_grant (
    role name not null,
    application_id uuid not null references application on delete cascade deferrable initially deferred,
    primary key (role, application_id)
  )`,
]

const ids = [
  // A TypeID holds the 128 bits of its UUID, five to a letter, behind two that are zero.
  `create function postrider.uuid_of(prefix text, id text) returns uuid
    language plpgsql immutable strict parallel safe as $$
    declare
      bits varbit := B'';
      hex text := '';
    begin
      if id !~ ('^' || prefix || '_[0-7][0-9a-hjkmnp-tv-z]{25}$') then return null; end if;
      for i in 1..26 loop
        bits := bits || (strpos('0123456789abcdefghjkmnpqrstvwxyz', substr(id, length(prefix) + 1 + i, 1)) - 1)::bit(5);
      end loop;
      for i in 0..31 loop hex := hex || to_hex(substring(bits from 3 + i * 4 for 4)::bit(4)::int); end loop;
      return hex::uuid;
    end $$`,
  "comment on function postrider.uuid_of(text, text) is 'The UUID in an id of the API; null when it is none of this prefix.'",
  `create function postrider.id_of(prefix text, id uuid) returns text
    language plpgsql immutable strict parallel safe as $$
    declare
      bits varbit := B'00' || ('x' || replace(id::text, '-', ''))::bit(128);
      letters text := '';
    begin
      for i in 0..25 loop
        letters := letters
          || substr('0123456789abcdefghjkmnpqrstvwxyz', substring(bits from 1 + i * 5 for 5)::bit(5)::int + 1, 1);
      end loop;
      return prefix || '_' || letters;
    end $$`,
  "comment on function postrider.id_of(text, uuid) is 'The id of the API that stands for this UUID.'",
]

const publish = [
  // The codes are those of UserErrorCode; detail has all problems as the mutation would have them.
  `create function postrider.refuse(problems jsonb) returns void language plpgsql as $$
    begin
      raise exception using
        errcode = case problems -> 0 ->> 'code'
          when 'REQUIRED' then 'PR001' when 'INVALID' then 'PR002' when 'LIMIT_EXCEEDED' then 'PR003'
          when 'NOT_FOUND' then 'PR004' when 'EVENT_TYPE_UNKNOWN' then 'PR005' when 'PAYLOAD_INVALID' then 'PR006'
          else 'PR007' end,
        message = (select string_agg((p -> 'path' ->> 0) || ': ' || (p ->> 'message'), '; ') from jsonb_array_elements(problems) p),
        detail = problems::text;
    end $$`,
  `create function postrider.problem(code text, field text, message text, pointer text default null) returns jsonb
    language sql immutable as $$
      select jsonb_strip_nulls(
        jsonb_build_object('code', code, 'path', jsonb_build_array(field), 'message', message, 'jsonPointer', pointer))
    $$`,
  // How deep arrays and objects nest, counted over the brackets outside of texts.
  `create function postrider.json_depth(data json) returns int language sql immutable as $$
      select coalesce(max(depth), 0)::int from (
        select sum(case when c in ('{', '[') then 1 else -1 end) over (order by n) as depth
        from regexp_split_to_table(
          regexp_replace(regexp_replace(data::text, '"(?:[^"\\\\]|\\\\.)*"', '', 'g'), '[^][{}]', '', 'g'), '')
          with ordinality as brackets (c, n)
        where c <> ''
      ) depths
    $$`,
  `create function postrider.publish(
      application text, organization text, type text, data json,
      idempotency_key text default null, deliver_at timestamptz default null
    ) returns text language plpgsql security definer as $$
    declare
      -- Not session_user alone: a pool may log in as one role and act as another.
      caller name := coalesce(nullif(current_setting('role'), 'none'), session_user);
      app uuid := postrider.uuid_of('app', publish.application);
      org uuid := postrider.uuid_of('org', publish.organization);
      kind record;
      random text := gen_random_uuid()::text;
      millis text := lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0');
      -- A UUIDv7: the time, then random bits.
      event uuid := (left(millis, 8) || '-' || right(millis, 4) || '-7' || substr(random, 16))::uuid;
      owner uuid;
      bytes int := octet_length(regexp_replace(publish.data::text, '("(?:[^"\\\\]|\\\\.)*")|\\s+', '\\1', 'g'));
      problems jsonb := '[]';
    begin
      if not pg_has_role(caller, current_user, 'member') and not exists (
        select from publish_grant g join pg_roles r on r.rolname = g.role
        where g.application_id = app and pg_has_role(caller, r.oid, 'member')
      ) then
        raise exception using errcode = '42501',
          message = 'the role "' || caller || '" may not publish for the application ' || coalesce(publish.application, 'null'),
          hint = 'select postrider.grant_publish(application, role), as the role that Postrider connects as';
      end if;
      if app is null or not exists (select from application a where a.id = app) then
        problems := problems || postrider.problem('NOT_FOUND', 'application', 'there is no application ' || coalesce(publish.application, 'null'));
      end if;
      if publish.organization is null then
        problems := problems || postrider.problem('REQUIRED', 'organization', 'is an id or an external id');
      end if;
      if publish.type is null then problems := problems || postrider.problem('REQUIRED', 'type', 'is the name of an event type'); end if;
      if publish.data is null or json_typeof(publish.data) = 'null' then
        problems := problems || postrider.problem('REQUIRED', 'data', 'is a JSON value other than null');
      elsif bytes > 262144 then
        problems := problems || postrider.problem('LIMIT_EXCEEDED', 'data',
          'is ' || bytes || ' bytes of JSON; at most 262144 (256 KB) are taken');
      elsif length(publish.data::text) - length(translate(publish.data::text, '[{', '')) > 500
        and postrider.json_depth(publish.data) > 500 then
        problems := problems || postrider.problem('INVALID', 'data', 'nests deeper than 500 levels');
      end if;
      if char_length(publish.idempotency_key) not between 1 and 255 then
        problems := problems || postrider.problem('INVALID', 'idempotency_key', 'is 1 to 255 characters long');
      end if;
      if publish.deliver_at > now() + interval '30 days' then
        problems := problems || postrider.problem('INVALID', 'deliver_at', 'is more than 30 days ahead');
      end if;
      if problems <> '[]' then perform postrider.refuse(problems); end if;

      -- Held until the end: an organization that is being deleted is waited for, and not found then.
      select o.id into owner from organization o where o.id = org and o.application_id = app for key share;
      if owner is null then
        select o.id into owner from organization o
        where o.application_id = app and o.external_id = publish.organization for key share;
      end if;
      org := owner;
      if org is null then
        problems := problems || postrider.problem('NOT_FOUND', 'organization', 'there is no organization "' || publish.organization || '"');
      end if;
      select t.*, a.spreads_data into kind from event_type t join application a on a.id = t.application_id
      where t.application_id = app and t.name = publish.type;
      if kind.id is null then
        problems := problems || postrider.problem('EVENT_TYPE_UNKNOWN', 'type', 'there is no event type "' || publish.type || '" in the catalogue');
      elsif kind.is_notice then
        problems := problems || postrider.problem('EVENT_TYPE_UNKNOWN', 'type', 'the event type "' || publish.type || '" is published by Postrider itself');
      elsif kind.status = 'ARCHIVED' then
        problems := problems || postrider.problem('EVENT_TYPE_UNKNOWN', 'type', 'the event type "' || publish.type || '" is archived');
      elsif kind.spreads_data and json_typeof(publish.data) <> 'object' then
        problems := problems || postrider.problem('INVALID', 'data', 'is no object, and the delivery profile spreads its keys');
      elsif kind.payload_schema is not null then
        problems := problems || coalesce((
          select jsonb_agg(postrider.problem('PAYLOAD_INVALID', 'data', p.message, p.json_pointer))
          from postrider.payload_problems(kind.payload_schema::jsonb, publish.data::jsonb) p
        ), '[]');
      end if;
      if problems <> '[]' then perform postrider.refuse(problems); end if;

      if publish.idempotency_key is not null then
        loop
          owner := null;
          insert into idempotency_key as k (application_id, key, event_id) values (app, publish.idempotency_key, event)
          on conflict (application_id, key) do update set event_id = excluded.event_id, created_at = now()
            where k.created_at < now() - interval '24 hours'
          returning k.event_id into owner;
          if owner is null then
            select k.event_id into owner from idempotency_key k
            where k.application_id = app and k.key = publish.idempotency_key;
          end if;
          -- Forgotten between the two: then it is free.
          exit when owner is not null;
        end loop;
        if owner <> event then
          if exists (select from event e where e.id = owner) then return postrider.id_of('evt', owner); end if;
          perform postrider.refuse(jsonb_build_array(postrider.problem('CONFLICT', 'idempotency_key',
            'was used within 24 h for an event that is no longer kept')));
        end if;
      end if;

      insert into event (id, application_id, organization_id, type, data, data_bytes, idempotency_key, is_test, deliver_at)
      values (event, app, org, publish.type, publish.data::text, bytes, publish.idempotency_key, false, publish.deliver_at);
      insert into outbox (event_id) values (event);
      return postrider.id_of('evt', event);
    end $$`,
  `comment on function postrider.${PUBLISH} is
    'Publishes an event in the transaction of the caller: it exists if and only if that commits. Returns its id; of an idempotency key that was used within 24 h, the id of the first event.'`,
  `revoke all on function postrider.${PUBLISH} from public`,
]

const grants = [
  `create function postrider.grant_publish(application text, role name) returns void language plpgsql as $$
    begin
      insert into publish_grant (role, application_id)
      select grant_publish.role, a.id from application a where a.id = postrider.uuid_of('app', grant_publish.application)
      on conflict do nothing;
      if not exists (select from application a where a.id = postrider.uuid_of('app', grant_publish.application)) then
        perform postrider.refuse(jsonb_build_array(postrider.problem('NOT_FOUND', 'application', 'there is no application ' || grant_publish.application)));
      end if;
      execute format('grant usage on schema postrider to %I', grant_publish.role);
      execute format('grant execute on function postrider.${PUBLISH} to %I', grant_publish.role);
    end $$`,
  `comment on function postrider.grant_publish(text, name) is 'Lets a role, and those that are members of it, publish for an application. For the role that Postrider connects as.'`,
  `create function postrider.revoke_publish(application text, role name) returns void language sql as $$
      delete from publish_grant g
      where g.application_id = postrider.uuid_of('app', revoke_publish.application) and g.role = revoke_publish.role
    $$`,
  `comment on function postrider.revoke_publish(text, name) is 'Takes back what grant_publish gave.'`,
  'revoke all on function postrider.grant_publish(text, name), postrider.revoke_publish(text, name) from public',
]

const doorbell = [
  // At commit, when the line is about to be seen. NOTIFY takes a lock of the whole cluster then, so it is spared while a worker
  // looks anyway. As definer: before Postgres 18 a deferred trigger runs as whoever commits.
  `create function postrider.ring_outbox() returns trigger language plpgsql security definer as $$
    begin
      if clock_timestamp() > (select until from outbox_awake) then perform pg_notify('postrider', 'sql outbox'); end if;
      return null;
    end $$`,
  `create constraint trigger outbox_ring after insert on outbox deferrable initially deferred
    for each row execute function postrider.ring_outbox()`,
]
