-- What the formats of ajv-formats take that are functions there; format_regex knows those that are regular expressions.

create function postrider.is_date(value text) returns boolean
language sql immutable parallel safe
as $$
  select case when translate(value, '0123456789', '0000000000') <> '0000-00-00' then false
    when substr(value, 6, 2)::int not between 1 and 12 then false
    else substr(value, 9, 2)::int between 1 and case substr(value, 6, 2)::int
      when 2 then case when left(value, 4)::int % 4 = 0 and (left(value, 4)::int % 100 <> 0 or left(value, 4)::int % 400 = 0)
        then 29 else 28 end
      when 4 then 30 when 6 then 30 when 9 then 30 when 11 then 30 else 31 end end
$$;
comment on function postrider.is_date is 'The format date.';

-- A second of 60 is one of a leap only at 23:59 UTC, and ajv lets hours over 23 pass there.
create function postrider.is_time(value text, needs_offset boolean) returns boolean
language plpgsql immutable parallel safe
as $$
declare
  parts text[] := regexp_match(value collate "C",
    '^([0-9]{2}):([0-9]{2}):([0-9]{2}(?:[.][0-9]+)?)([zZ]|([+-])([0-9]{2})(?::?([0-9]{2}))?)?$');
  hour int := parts[1];
  minute int := parts[2];
  second double precision := parts[3];
  offset_hours int := coalesce(parts[6], '0');
  offset_minutes int := coalesce(parts[7], '0');
  direction int := case parts[5] when '-' then -1 else 1 end;
begin
  if parts is null or offset_hours > 23 or offset_minutes > 59 or needs_offset and parts[4] is null then return false; end if;
  if hour <= 23 and minute <= 59 and second < 60 then return true; end if;
  minute := minute - offset_minutes * direction;
  hour := hour - offset_hours * direction - case when minute < 0 then 1 else 0 end;
  return hour in (23, -1) and minute in (59, -1) and second < 61;
end $$;
comment on function postrider.is_time is 'The formats time, and iso-time, which needs no offset.';

create function postrider.is_date_time(value text, needs_offset boolean) returns boolean
language sql immutable parallel safe
as $$
  select case
    when substr(value, 11, 1) in ('T', 't') or postrider.regex_set('s') @> ascii(substr(value, 11, 1))
    then postrider.is_date(left(value, 10)) and postrider.is_time(substr(value, 12), needs_offset)
    else false end
$$;
comment on function postrider.is_date_time is 'The formats date-time, and iso-date-time, which needs no offset.';

-- To ajv it is enough that one line is base64, and an empty one is.
create function postrider.is_byte(value text) returns boolean
language sql immutable parallel safe
as $$
  select value collate "C" ~ ('(^|[\n\r\u2028\u2029])([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?'
    || '($|[\n\r\u2028\u2029])')
$$;
comment on function postrider.is_byte is 'The format byte.';

-- uri is a uri-reference that begins with a scheme which something follows.
create function postrider.fits_format(format text, value text) returns boolean
language plpgsql immutable parallel safe
as $$
begin
  case format
    when 'date' then return postrider.is_date(value);
    when 'time' then return postrider.is_time(value, true);
    when 'iso-time' then return postrider.is_time(value, false);
    when 'date-time' then return postrider.is_date_time(value, true);
    when 'iso-date-time' then return postrider.is_date_time(value, false);
    when 'byte' then return postrider.is_byte(value);
    when 'uri' then
      return value collate "C" ~ '^[A-Za-z][A-Za-z0-9+.-]*:[^?#]'
        and value collate "C" ~ postrider.format_regex('uri-reference');
    when 'regex' then
      perform postrider.refuse_keyword('format', 'only JavaScript knows whether it takes a regular expression');
    else
      return coalesce(value collate "C" ~ postrider.format_regex(format), true);
  end case;
end $$;
comment on function postrider.fits_format is 'Whether text is of a format; true when ajv does not know the format.';

create function postrider.fits_number_format(format text, value numeric) returns boolean
language sql immutable parallel safe
as $$
  select case
    when format not in ('int32', 'int64') then true
    when abs(postrider.as_double(value)) = 'Infinity'::float8 then false
    when not postrider.is_integer(value) then false
    else format = 'int64' or postrider.as_double(value) between -2147483648 and 2147483647 end
$$;
comment on function postrider.fits_number_format is 'Whether a number is of a format; true when it is none of numbers.';
