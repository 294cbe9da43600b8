create function postrider.has_type(schema jsonb, data jsonb) returns boolean
language sql immutable parallel safe
as $$
  select (schema -> 'type') ? jsonb_typeof(data)
    or case jsonb_typeof(data)
      when 'number' then (schema -> 'type') ? 'integer' and postrider.is_integer(data::numeric)
      when 'null' then coalesce(schema -> 'nullable' = 'true', false)
      else false end
$$;
comment on function postrider.has_type is 'Whether data is of the type, or one of the types, that a schema names.';

create function postrider.type_problem(schema jsonb, pointer text) returns postrider.payload_problem[]
language sql immutable parallel safe
as $$
  select postrider.problem(pointer, 'must be ' || case jsonb_typeof(schema -> 'type')
    when 'string' then schema ->> 'type'
    else (select string_agg(name, ',' order by place)
        from jsonb_array_elements_text(schema -> 'type') with ordinality as types (name, place))
      || case when schema -> 'nullable' = 'true' and not (schema -> 'type') ? 'null' then ',null' else '' end end)
$$;
comment on function postrider.type_problem is 'That data is not of the type, or of none of the types, that a schema names.';

-- Null when there is no such limit.
create function postrider.limit_of(schema jsonb, keyword text) returns numeric
language sql immutable parallel safe
as $$
  select (schema -> keyword)::numeric
$$;
comment on function postrider.limit_of is 'The number that a schema gives for a keyword.';

-- ajv divides doubles, and takes for a multiple what divides without rest below 1e21.
create function postrider.is_multiple(value numeric, factor numeric) returns boolean
language plpgsql immutable parallel safe
as $$
declare
  quotient numeric;
begin
  if factor = 0 or abs(postrider.as_double(value)) = 'Infinity'::float8 then return false; end if;
  if postrider.as_double(value) = 0 then return true; end if;
  quotient := abs(value / factor);
  if quotient > 1e22 then return false; end if;
  -- Doubles end near, and where depends on the numbers themselves. Postgres's division fails there.
  if quotient < 1e-290 or postrider.as_double(factor) = 0 then
    perform postrider.refuse_keyword('multipleOf', 'the quotient is too small');
  end if;
  return abs(postrider.as_double(value) / postrider.as_double(factor)) < 1e21
    and postrider.as_double(value) / postrider.as_double(factor)
      = trunc(postrider.as_double(value) / postrider.as_double(factor));
end $$;
comment on function postrider.is_multiple is 'Whether ajv takes a number for a multiple of another.';

create function postrider.number_problems(schema jsonb, data jsonb, pointer text) returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  value numeric := data::numeric;
  double_value double precision := postrider.as_double(value);
  bound numeric;
  found postrider.payload_problem[] := '{}';
begin
  bound := postrider.limit_of(schema, 'maximum');
  if double_value > postrider.as_double(bound) then
    found := found || postrider.problem(pointer, 'must be <= ' || postrider.js_number(bound));
  end if;
  bound := postrider.limit_of(schema, 'minimum');
  if double_value < postrider.as_double(bound) then
    found := found || postrider.problem(pointer, 'must be >= ' || postrider.js_number(bound));
  end if;
  bound := postrider.limit_of(schema, 'exclusiveMaximum');
  if double_value >= postrider.as_double(bound) then
    found := found || postrider.problem(pointer, 'must be < ' || postrider.js_number(bound));
  end if;
  bound := postrider.limit_of(schema, 'exclusiveMinimum');
  if double_value <= postrider.as_double(bound) then
    found := found || postrider.problem(pointer, 'must be > ' || postrider.js_number(bound));
  end if;
  bound := postrider.limit_of(schema, 'multipleOf');
  if bound is not null and not postrider.is_multiple(value, bound) then
    found := found || postrider.problem(pointer, 'must be multiple of ' || postrider.js_number(bound));
  end if;
  if schema ? 'format' and not postrider.fits_number_format(schema ->> 'format', value) then
    found := found || postrider.problem(pointer, format('must match format "%s"', schema ->> 'format'));
  end if;
  return found;
end $$;
comment on function postrider.number_problems is 'What is wrong with a number by the keywords of numbers.';

create function postrider.string_problems(context jsonb, schema jsonb, data jsonb, pointer text)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  value text := data #>> '{}';
  bound numeric;
  found postrider.payload_problem[] := '{}';
begin
  bound := postrider.limit_of(schema, 'maxLength');
  if length(value) > bound then
    found := found || postrider.problem(pointer, format('must NOT have more than %s characters', postrider.js_number(bound)));
  end if;
  bound := postrider.limit_of(schema, 'minLength');
  if length(value) < bound then
    found := found || postrider.problem(pointer, format('must NOT have fewer than %s characters', postrider.js_number(bound)));
  end if;
  if schema ? 'pattern' and not value collate "C" ~ postrider.prepared_regex(context, schema ->> 'pattern') then
    found := found || postrider.problem(pointer, format('must match pattern "%s"', schema ->> 'pattern'));
  end if;
  if schema ? 'format' then
    if schema ?| array['formatMaximum', 'formatMinimum', 'formatExclusiveMaximum', 'formatExclusiveMinimum']
        and schema ->> 'format' in ('date', 'time', 'date-time', 'iso-time', 'iso-date-time') then
      perform postrider.refuse_keyword('formatMinimum', 'dates are not compared here');
    end if;
    if not postrider.fits_format(schema ->> 'format', value) then
      found := found || postrider.problem(pointer, format('must match format "%s"', schema ->> 'format'));
    end if;
  end if;
  return found;
end $$;
comment on function postrider.string_problems is 'What is wrong with text by the keywords of strings.';
