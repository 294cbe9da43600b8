-- Translated once for all data that is matched. A string that only looks like a pattern, in an example, is of no harm.
create function postrider.prepared_regexes(schema jsonb) returns jsonb
language sql immutable parallel safe
as $$
  select coalesce(jsonb_object_agg(pattern, regex) filter (where regex is not null), '{}')
  from (
    select pattern #>> '{}' as pattern, postrider.translated_regex(pattern #>> '{}') as regex
    from (
      select jsonb_path_query(schema, '$.**.pattern ? (@.type() == "string")')
      union
      select jsonb_path_query(schema, '$.**.patternProperties ? (@.type() == "object").keyvalue().key')
    ) as patterns (pattern)
  ) as translated
$$;
comment on function postrider.prepared_regexes is 'The patterns of a schema as Postgres matches them, without those that it cannot.';

create function postrider.prepared_regex(context jsonb, pattern text) returns text
language sql immutable parallel safe
as $$
  select coalesce(context #>> array['regexes', pattern], postrider.js_regex(pattern))
$$;
comment on function postrider.prepared_regex is 'A pattern of the schema as Postgres matches it.';

create function postrider.refuse_unsupported(context jsonb, schema jsonb, depth int) returns void
language plpgsql immutable parallel safe
as $$
declare
  keyword text;
begin
  foreach keyword in array array['unevaluatedProperties', 'unevaluatedItems', '$dynamicRef', '$dynamicAnchor',
    '$recursiveRef', '$recursiveAnchor', '$async', 'id'] loop
    if schema ? keyword then perform postrider.refuse_keyword(keyword, 'it is not known here'); end if;
  end loop;
  if schema ? '$id' and schema <> context -> 'schema' then
    perform postrider.refuse_keyword('$id', 'it is inside the schema');
  end if;
  -- Anything else lets schemas pass that are none of 2020-12.
  if depth = 0 and rtrim(schema ->> '$schema', '#') not in
      ('', 'https://json-schema.org/draft/2020-12/schema', 'http://json-schema.org/schema') then
    perform postrider.refuse_keyword('$schema', 'it is not draft 2020-12');
  end if;
end $$;
comment on function postrider.refuse_unsupported is 'Refuses a schema with a keyword that has no function here.';

create function postrider.subschema_problems(context jsonb, schema jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  found postrider.payload_problem[] := '{}';
begin
  if schema = 'true' or schema = '{}' then return '{}'; end if;
  if schema = 'false' then return postrider.problem(pointer, 'boolean schema is false'); end if;
  -- Well before Postgres's max_stack_depth of 2 MB.
  if depth > 100 then perform postrider.refuse_keyword('$ref', 'data or schema is nested too deeply'); end if;
  if schema ?| array['unevaluatedProperties', 'unevaluatedItems', '$dynamicRef', '$dynamicAnchor', '$recursiveRef',
      '$recursiveAnchor', '$async', 'id', '$id', '$schema'] then
    perform postrider.refuse_unsupported(context, schema, depth);
  end if;
  if schema ? 'type' and not postrider.has_type(schema, data) then
    found := postrider.type_problem(schema, pointer);
  end if;
  if schema ?| array['$ref', 'const', 'enum', 'not', 'anyOf', 'oneOf', 'allOf', 'if'] then
    found := found || postrider.combination_problems(context, schema, data, pointer, depth + 1);
  end if;
  case jsonb_typeof(data)
    when 'object' then found := found || postrider.object_problems(context, schema, data, pointer, depth + 1);
    when 'array' then found := found || postrider.array_problems(context, schema, data, pointer, depth + 1);
    when 'string' then found := found || postrider.string_problems(context, schema, data, pointer);
    when 'number' then found := found || postrider.number_problems(schema, data, pointer);
    else null;
  end case;
  return found[:20];
end $$;
comment on function postrider.subschema_problems is 'How data breaks one schema of a document, told in the order in which ajv tells it.';

create function postrider.payload_problems(schema jsonb, data jsonb) returns table (json_pointer text, message text)
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
set extra_float_digits = 1
as $$
begin
  -- Elsewhere lengths and regular expressions would be of other characters.
  if getdatabaseencoding() <> 'UTF8' then
    perform postrider.refuse_keyword('type', 'the database is not encoded in UTF8');
  end if;
  return query select problem.json_pointer, problem.message
    from unnest(postrider.subschema_problems(
      jsonb_build_object('schema', schema, 'regexes', postrider.prepared_regexes(schema)), schema, data, '', 0)) as problem;
end $$;
comment on function postrider.payload_problems is 'How data breaks the payloadSchema of its event type, as the GraphQL API tells it: no row when it fits, at most 20 otherwise. Raises feature_not_supported (0A000) for a schema that only the GraphQL API can check.';
