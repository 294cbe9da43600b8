create function postrider.has_property(data jsonb, key text) returns boolean
language sql immutable parallel safe
as $$
  select data ? key or postrider.is_inherited(key)
$$;
comment on function postrider.has_property is 'Whether ajv finds a property in an object.';

-- ajv overlooks an empty name that is missing inside not and if.
create function postrider.needed_problems(keyword text, deps jsonb, data jsonb, pointer text)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  key text;
  needed jsonb;
  missing text;
  found postrider.payload_problem[] := '{}';
begin
  for key, needed, missing in
    select dep.key, dep.value, name from jsonb_each(deps) as dep, jsonb_array_elements_text(
      case jsonb_typeof(dep.value) when 'array' then dep.value else '[]' end) as name
    where postrider.has_property(data, dep.key) and not postrider.has_property(data, name)
  loop
    if not data ? key then perform postrider.refuse_inherited(keyword, key); end if;
    if missing = '' then perform postrider.refuse_keyword(keyword, 'it asks for a property without a name'); end if;
    found := found || postrider.problem(pointer, format('must have %s %s when property %s is present',
      case jsonb_array_length(needed) when 1 then 'property' else 'properties' end,
      array_to_string(array(select jsonb_array_elements_text(needed)), ', '), key));
  end loop;
  return found;
end $$;
comment on function postrider.needed_problems is 'What is wrong by the keyword dependentRequired, and by the lists of dependencies.';

create function postrider.dependent_problems(
  context jsonb, keyword text, deps jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  key text;
  dependent jsonb;
  found postrider.payload_problem[] := '{}';
begin
  for key, dependent in
    select dep.key, dep.value from jsonb_each(deps) as dep
    where postrider.has_property(data, dep.key) and jsonb_typeof(dep.value) <> 'array'
  loop
    if not data ? key then perform postrider.refuse_inherited(keyword, key); end if;
    found := found || postrider.subschema_problems(context, dependent, data, pointer, depth);
  end loop;
  return found;
end $$;
comment on function postrider.dependent_problems is 'What is wrong by the keyword dependentSchemas, and by the schemas of dependencies.';

create function postrider.name_problems(context jsonb, names jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  key text;
  problems postrider.payload_problem[];
  found postrider.payload_problem[] := '{}';
begin
  for key in select jsonb_object_keys(data) loop
    problems := postrider.subschema_problems(context, names, to_jsonb(key), pointer, depth);
    if cardinality(problems) > 0 then
      found := found || problems || postrider.problem(pointer, 'property name must be valid');
    end if;
    exit when cardinality(found) >= 20;
  end loop;
  return found;
end $$;
comment on function postrider.name_problems is 'What is wrong by the keyword propertyNames.';

create function postrider.property_problems(context jsonb, properties jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  key text;
  property jsonb;
  found postrider.payload_problem[] := '{}';
begin
  for key, property in select one.key, one.value from jsonb_each(properties) as one
    where postrider.has_property(data, one.key)
  loop
    if not data ? key then
      perform postrider.refuse_inherited('properties', key);
    end if;
    found := found || postrider.subschema_problems(context, property, data -> key,
      postrider.pointer_to(pointer, key), depth);
    exit when cardinality(found) >= 20;
  end loop;
  return found;
end $$;
comment on function postrider.property_problems is 'What is wrong by the keyword properties.';

create function postrider.pattern_property_problems(context jsonb, patterns jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  pattern text;
  key text;
  found postrider.payload_problem[] := '{}';
  inside jsonb := postrider.repeatedly(context);
begin
  for pattern in select jsonb_object_keys(patterns) loop
    for key in
      select one from jsonb_object_keys(data) as one where one collate "C" ~ postrider.prepared_regex(context, pattern)
    loop
      found := found || postrider.subschema_problems(inside, patterns -> pattern, data -> key,
        postrider.pointer_to(pointer, key), depth);
      exit when cardinality(found) >= 20;
    end loop;
  end loop;
  return found;
end $$;
comment on function postrider.pattern_property_problems is 'What is wrong by the keyword patternProperties.';

create function postrider.additional_problems(context jsonb, schema jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  additional jsonb := schema -> 'additionalProperties';
  regexes text[] := array(select postrider.prepared_regex(context, pattern)
    from jsonb_object_keys(coalesce(schema -> 'patternProperties', '{}')) as pattern);
  key text;
  found postrider.payload_problem[] := '{}';
  inside jsonb := postrider.repeatedly(context);
begin
  if additional = 'true' then return '{}'; end if;
  for key in
    select one from jsonb_object_keys(data) as one
    where not coalesce(schema -> 'properties' ? one, false) and not one collate "C" ~ any (regexes)
  loop
    found := found || case when additional = 'false'
      then postrider.problem(pointer, format('must NOT have additional properties ("%s")', key))
      else postrider.subschema_problems(inside, additional, data -> key, postrider.pointer_to(pointer, key), depth) end;
    exit when cardinality(found) >= 20;
  end loop;
  return found;
end $$;
comment on function postrider.additional_problems is 'What is wrong by the keyword additionalProperties.';

create function postrider.count_problems(schema jsonb, data jsonb, pointer text) returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  number int := (select count(*) from jsonb_object_keys(data));
  high numeric := postrider.limit_of(schema, 'maxProperties');
  low numeric := postrider.limit_of(schema, 'minProperties');
  found postrider.payload_problem[] := '{}';
begin
  if number > high then
    found := postrider.problem(pointer, format('must NOT have more than %s properties', postrider.js_number(high)));
  end if;
  if number < low then
    found := found || postrider.problem(pointer, format('must NOT have fewer than %s properties', postrider.js_number(low)));
  end if;
  return found;
end $$;
comment on function postrider.count_problems is 'What is wrong by the keywords maxProperties and minProperties.';
