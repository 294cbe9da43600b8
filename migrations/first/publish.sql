-- The codes are those of UserErrorCode. The detail lists all problems as the mutation does.
create function postrider.refuse(problems jsonb) returns void language plpgsql as $$
begin
  raise exception using
    errcode = case problems -> 0 ->> 'code'
      when 'REQUIRED' then 'PR001' when 'INVALID' then 'PR002' when 'LIMIT_EXCEEDED' then 'PR003'
      when 'NOT_FOUND' then 'PR004' when 'EVENT_TYPE_UNKNOWN' then 'PR005'
      else 'PR007' end,
    message = (select string_agg((p -> 'path' ->> 0) || ': ' || (p ->> 'message'), '; ') from jsonb_array_elements(problems) p),
    detail = problems::text;
end $$;

create function postrider.problem(code text, field text, message text) returns jsonb language sql immutable as $$
  select jsonb_build_object('code', code, 'path', jsonb_build_array(field), 'message', message)
$$;

-- How deep arrays and objects nest, counted by the brackets outside of strings.
create function postrider.json_depth(data json) returns int language sql immutable as $$
  select coalesce(max(depth), 0)::int from (
    select sum(case when c in ('{', '[') then 1 else -1 end) over (order by n) as depth
    from regexp_split_to_table(
      regexp_replace(regexp_replace(data::text, '"(?:[^"\\]|\\.)*"', '', 'g'), '[^][{}]', '', 'g'), '')
      with ordinality as brackets (c, n)
    where c <> ''
  ) depths
$$;

-- Checks what the caller's program can get wrong. Whether data fits the schema of its type is left to the worker: a field that is
-- null for once must not roll back the caller's transaction.
create function postrider.publish(
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
  -- Without blanks.
  compact text := regexp_replace(publish.data::text, '("(?:[^"\\]|\\.)*")|\s+', '\1', 'g');
  bytes int := octet_length(compact);
  -- As contentHash of publish/idempotency-key-sql.ts makes it.
  said text := encode(sha256(convert_to(publish.type || E'\n' || compact, 'UTF8')), 'hex');
  owned text;
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
  -- Times that no API can show. How far ahead it may be, the worker checks.
  if publish.deliver_at not between '0001-01-01' and '9999-12-31' then
    problems := problems || postrider.problem('INVALID', 'deliver_at', 'is not a time in the years 1 to 9999');
  end if;
  if problems <> '[]' then perform postrider.refuse(problems); end if;

  -- Held until the end. If the organization is being deleted, this waits and then does not find it.
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
  end if;
  if problems <> '[]' then perform postrider.refuse(problems); end if;

  if publish.idempotency_key is not null then
    loop
      owner := null;
      insert into idempotency_key as k (organization_id, key, event_id, content)
      values (org, publish.idempotency_key, event, said)
      on conflict (organization_id, key)
        do update set event_id = excluded.event_id, content = excluded.content, created_at = now()
        where k.created_at < now() - interval '24 hours'
      returning k.event_id, k.content into owner, owned;
      if owner is null then
        select k.event_id, k.content into owner, owned from idempotency_key k
        where k.organization_id = org and k.key = publish.idempotency_key;
      end if;
      -- The key was forgotten between the two statements: it is free, so try again.
      exit when owner is not null;
    end loop;
    if owned <> said then
      perform postrider.refuse(jsonb_build_array(postrider.problem('CONFLICT', 'idempotency_key',
        'was used within 24 h for an event of another type or with other data: give each event a key of its own')));
    end if;
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
end $$;

comment on function postrider.publish(text, text, text, json, text, timestamptz) is
  'Publishes an event in the transaction of the caller: it exists if and only if that commits. Returns its id; of an idempotency key that the organization used within 24 h for the same type and data, the id of the first event.';

revoke all on function postrider.publish(text, text, text, json, text, timestamptz) from public;
