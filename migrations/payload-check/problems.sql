create schema if not exists postrider;

create type postrider.payload_problem as (json_pointer text, message text);
comment on type postrider.payload_problem is 'Where data breaks the schema of its event type, and how.';

create function postrider.problem(pointer text, what text) returns postrider.payload_problem[]
language sql immutable parallel safe
as $$
  select array[row(pointer, 'breaks the event type''s schema'
    || case when pointer = '' then '' else ' at ' || pointer end || ': ' || what)::postrider.payload_problem]
$$;
comment on function postrider.problem is 'One problem, worded as the GraphQL API words it.';

create function postrider.refuse_keyword(keyword text, reason text) returns void
language plpgsql immutable parallel safe
as $$
begin
  raise exception using errcode = 'feature_not_supported', message = format(
    'the keyword "%s" of the event type''s schema cannot be checked in the database (%s): publish this type by the GraphQL API',
    keyword, reason);
end $$;
comment on function postrider.refuse_keyword is 'Says that only the GraphQL API can check data against this keyword.';

-- Every object of JavaScript has these, whatever it holds, and ajv takes them for fields.
create function postrider.is_inherited(key text) returns boolean
language sql immutable parallel safe
as $$
  select key in ('constructor', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', 'toLocaleString', 'toString',
    'valueOf', '__proto__', '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__')
$$;
comment on function postrider.is_inherited is 'Whether ajv finds a property of this name in every object.';

create function postrider.refuse_inherited(keyword text, key text) returns void
language sql immutable parallel safe
as $$
  select postrider.refuse_keyword(keyword, format('every object of JavaScript has a property "%s"', key))
$$;
comment on function postrider.refuse_inherited is 'Refuses to check a property that ajv finds in every object.';

-- Where ajv repeats a check it may take the answer of the time before for that of an empty array.
create function postrider.repeatedly(context jsonb) returns jsonb
language sql immutable parallel safe
as $$
  select case when context ? 'repeated' then context else context || '{"repeated": true}' end
$$;
comment on function postrider.repeatedly is 'The context of a check that is done for each of many values.';

create function postrider.pointer_to(pointer text, key text) returns text
language sql immutable parallel safe
as $$
  select pointer || '/' || replace(replace(key, '~', '~0'), '/', '~1')
$$;
comment on function postrider.pointer_to is 'The JSON pointer (RFC 6901) of a property of what is at a pointer.';
