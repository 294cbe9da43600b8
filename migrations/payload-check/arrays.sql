-- The types that ajv compares as the keys of a table, where all items have to be of one: null otherwise.
create function postrider.key_types(items jsonb) returns text[]
language sql immutable parallel safe
as $$
  select case when not types && '{object,array}' and types <> '{}' then types end
  from (select case jsonb_typeof(items -> 'type')
    when 'string' then array[items ->> 'type']
    when 'array' then array(select jsonb_array_elements_text(items -> 'type'))
    else '{}' end || case when items -> 'nullable' = 'true' then '{null}'::text[] else '{}' end as types) as named
$$;
comment on function postrider.key_types is 'The types of items that are compared as keys.';

-- Which pair is told depends on the way that ajv takes through the items.
create function postrider.unique_problems(schema jsonb, data jsonb, pointer text) returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  types text[] := postrider.key_types(schema -> 'items');
  values_told jsonb := case when postrider.has_long_number(data) then postrider.with_doubles(data) else data end;
  first_place int;
  second_place int;
begin
  if types is null then
    if exists (select from jsonb_array_elements(data) as item where postrider.is_container(item)) then
      perform postrider.refuse_comparison('uniqueItems', data);
    end if;
    select earlier, place into second_place, first_place
    from (select place, lag(place) over (partition by item order by place) as earlier
      from jsonb_array_elements(values_told) with ordinality as items (item, place)) as places
    where earlier is not null order by place desc limit 1;
  else
    select later, place into second_place, first_place
    from (select place, lead(place) over (partition by item order by place) as later
      from jsonb_array_elements(values_told) with ordinality as items (item, place)
      where postrider.has_type(jsonb_build_object('type', types), item)
        -- A key that a table does not take.
        and (cardinality(types) > 1 or item <> '"__proto__"')) as places
    where later is not null order by place desc limit 1;
  end if;
  if first_place is null then return '{}'; end if;
  return postrider.problem(pointer, format('must NOT have duplicate items (items ## %s and %s are identical)',
    second_place - 1, first_place - 1));
end $$;
comment on function postrider.unique_problems is 'What is wrong by the keyword uniqueItems.';

create function postrider.contains_problems(context jsonb, schema jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  low numeric := coalesce(postrider.limit_of(schema, 'minContains'), 1);
  high numeric := postrider.limit_of(schema, 'maxContains');
  fitting int := 0;
  problems postrider.payload_problem[];
  found postrider.payload_problem[] := '{}';
  inside jsonb := postrider.repeatedly(context);
begin
  if high is null and low = 0 then return '{}'; end if;
  if high is null and low = 1 and data = '[]' and context ? 'repeated' then
    perform postrider.refuse_keyword('contains', 'ajv is not sure about an empty array in a list');
  end if;
  if low <= high is not false then
    for place in 0 .. jsonb_array_length(data) - 1 loop
      problems := postrider.subschema_problems(inside, schema -> 'contains', data -> place,
        postrider.pointer_to(pointer, place::text), depth);
      if cardinality(problems) = 0 then fitting := fitting + 1; end if;
      if cardinality(found) < 20 then found := found || problems; end if;
      exit when fitting > high or high is null and fitting >= low;
    end loop;
    if fitting >= low and fitting <= high is not false then return '{}'; end if;
  end if;
  return found || postrider.problem(pointer, format('must contain at least %s%s valid item(s)', postrider.js_number(low),
    ' and no more than ' || postrider.js_number(high)));
end $$;
comment on function postrider.contains_problems is 'What is wrong by the keywords contains, minContains and maxContains.';

create function postrider.item_problems(context jsonb, schema jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  tuple int := coalesce(jsonb_array_length(schema -> 'prefixItems'), 0);
  items jsonb := schema -> 'items';
  inside jsonb := postrider.repeatedly(context);
  found postrider.payload_problem[] := '{}';
begin
  for place in 0 .. least(tuple, jsonb_array_length(data)) - 1 loop
    found := found || postrider.subschema_problems(context, schema -> 'prefixItems' -> place, data -> place,
      postrider.pointer_to(pointer, place::text), depth);
  end loop;
  if items = 'false' and schema ? 'prefixItems' then
    if jsonb_array_length(data) > tuple then
      found := found || postrider.problem(pointer, format('must NOT have more than %s items', tuple));
    end if;
  elsif items <> 'true' then
    for place in tuple .. jsonb_array_length(data) - 1 loop
      found := found || postrider.subschema_problems(inside, items, data -> place,
        postrider.pointer_to(pointer, place::text), depth);
      exit when cardinality(found) >= 20;
    end loop;
  end if;
  return found;
end $$;
comment on function postrider.item_problems is 'What is wrong by the keywords prefixItems and items.';

create function postrider.array_problems(context jsonb, schema jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  bound numeric;
  found postrider.payload_problem[] := '{}';
begin
  bound := postrider.limit_of(schema, 'maxItems');
  if jsonb_array_length(data) > bound then
    found := found || postrider.problem(pointer, format('must NOT have more than %s items', postrider.js_number(bound)));
  end if;
  bound := postrider.limit_of(schema, 'minItems');
  if jsonb_array_length(data) < bound then
    found := found || postrider.problem(pointer, format('must NOT have fewer than %s items', postrider.js_number(bound)));
  end if;
  if schema ?| array['prefixItems', 'items'] then
    found := found || postrider.item_problems(context, schema, data, pointer, depth);
  end if;
  if schema ? 'contains' then
    found := found || postrider.contains_problems(context, schema, data, pointer, depth);
  end if;
  if schema -> 'uniqueItems' = 'true' then
    found := found || postrider.unique_problems(schema, data, pointer);
  end if;
  return found;
end $$;
comment on function postrider.array_problems is 'What is wrong with an array by the keywords of arrays.';
