-- Numbers are doubles to ajv, which knows neither 2^53 + 1 nor 1e400.
create function postrider.as_double(value numeric) returns double precision
language sql immutable parallel safe
as $$
  select case
    when abs(value) >= 1.797693134862315807937289714053e308 then sign(value)::float8 * 'Infinity'::float8
    when abs(value) <= 2.4703282292062328e-324 then 0::float8
    else value::float8 end
$$;
comment on function postrider.as_double is 'The double that JavaScript reads a number as.';

create function postrider.is_integer(value numeric) returns boolean
language sql immutable parallel safe
as $$
  select scale(value) = 0 or postrider.as_double(value) = trunc(postrider.as_double(value))
$$;
comment on function postrider.is_integer is 'Whether ajv takes a number for an integer: 1.0 is one, and so is what overflows.';

-- The digits are those that JSON.stringify wrote: as few as tell the double from others.
create function postrider.js_number(value numeric) returns text
language plpgsql immutable parallel safe
as $$
declare
  digits text := ltrim(replace(trim_scale(abs(value))::text, '.', ''), '0');
  exponent int;
begin
  if value = 0 or abs(value) >= 1e-6 and abs(value) < 1e21 then return trim_scale(value)::text; end if;
  if abs(value) < 1 then exponent := length(digits) - scale(trim_scale(value)) - 1;
  else exponent := length(trunc(abs(value))::text) - 1;
  end if;
  digits := rtrim(digits, '0');
  return case when value < 0 then '-' else '' end || left(digits, 1)
    || case when length(digits) > 1 then '.' || substr(digits, 2) else '' end
    || 'e' || case when exponent < 0 then '-' else '+' end || abs(exponent);
end $$;
comment on function postrider.js_number is 'A number of a schema as a message shows it.';

-- Sixteen digits or more may be the same double as others; fewer are not.
create function postrider.has_long_number(value jsonb) returns boolean
language sql immutable parallel safe
as $$
  select value::text collate "C" ~ '[0-9.]{16}'
$$;
comment on function postrider.has_long_number is 'Whether numbers may be equal to ajv that are not to Postgres.';

create function postrider.with_doubles(value jsonb) returns jsonb
language plpgsql immutable parallel safe
as $$
declare
  number double precision;
begin
  case jsonb_typeof(value)
    when 'number' then
      number := postrider.as_double(value::numeric);
      -- Infinity would become a string, and then be equal to one.
      return case when abs(number) = 'Infinity'::float8 then to_jsonb(sign(number)::numeric * 1e400)
        else to_jsonb(number) end;
    when 'array' then
      return coalesce((select jsonb_agg(postrider.with_doubles(item) order by place)
        from jsonb_array_elements(value) with ordinality as items (item, place)), '[]');
    when 'object' then
      return coalesce((select jsonb_object_agg(field.key, postrider.with_doubles(field.value)) from jsonb_each(value) as field), '{}');
    else return value;
  end case;
end $$;
comment on function postrider.with_doubles is 'JSON whose numbers are equal for Postgres when they are for ajv.';

create function postrider.is_container(value jsonb) returns boolean
language sql immutable parallel safe
as $$
  select jsonb_typeof(value) in ('object', 'array')
$$;
comment on function postrider.is_container is 'Whether JSON is an object or an array.';

-- Objects that have fields of such names are compared by calling them.
create function postrider.refuse_comparison(keyword text, value jsonb) returns void
language plpgsql immutable parallel safe
as $$
begin
  if value::text collate "C" ~ '(constructor|toString|valueOf)": ' then
    perform postrider.refuse_keyword(keyword, 'it compares a field named constructor, toString or valueOf');
  end if;
end $$;
comment on function postrider.refuse_comparison is 'Refuses to compare objects that JavaScript compares in a way of its own.';

create function postrider.is_among(keyword text, choices jsonb, data jsonb) returns boolean
language plpgsql immutable parallel safe
as $$
begin
  if postrider.is_container(data) then
    if exists (select from jsonb_array_elements(choices) as choice where postrider.is_container(choice)) then
      perform postrider.refuse_comparison(keyword, data);
      perform postrider.refuse_comparison(keyword, choices);
    end if;
    if exists (select from jsonb_array_elements(choices) as choice where choice = data) then return true; end if;
  elsif choices @> data then
    return true;
  elsif jsonb_typeof(data) <> 'number' then
    return false;
  end if;
  if not postrider.has_long_number(data) and not postrider.has_long_number(choices) then return false; end if;
  return exists (select from jsonb_array_elements(postrider.with_doubles(choices)) as choice
    where choice = postrider.with_doubles(data));
end $$;
comment on function postrider.is_among is 'Whether data is equal to one of the choices, as ajv compares.';
