-- Classes are computed as sets of code points, so that neither a locale nor Postgres's own idea of \s and \W has a say.

create function postrider.regex_set(escape text) returns int4multirange
language sql immutable parallel safe
as $$
  select case lower(escape)
    when 'd' then int4multirange(int4range(48, 57, '[]'))
    when 'w' then int4multirange(int4range(48, 57, '[]'), int4range(65, 90, '[]'), int4range(95, 95, '[]'),
      int4range(97, 122, '[]'))
    when 's' then int4multirange(int4range(9, 13, '[]'), int4range(32, 32, '[]'), int4range(160, 160, '[]'),
      int4range(5760, 5760, '[]'), int4range(8192, 8202, '[]'), int4range(8232, 8233, '[]'),
      int4range(8239, 8239, '[]'), int4range(8287, 8287, '[]'), int4range(12288, 12288, '[]'),
      int4range(65279, 65279, '[]'))
    -- What . does not match.
    when 'n' then int4multirange(int4range(10, 10, '[]'), int4range(13, 13, '[]'), int4range(8232, 8233, '[]'))
  end
$$;
comment on function postrider.regex_set is 'What \d, \w and \s of a JavaScript regular expression match, and the line ends (n).';

create function postrider.regex_complement(matched int4multirange) returns int4multirange
language sql immutable parallel safe
as $$
  select int4multirange(int4range(1, 1114111, '[]')) - matched
$$;
comment on function postrider.regex_complement is 'Every character that Postgres can store but these.';

create function postrider.regex_character(code int) returns text
language sql immutable parallel safe
as $$
  select case
    when postrider.regex_set('w') @> code then chr(code)
    when code < 65536 then '\u' || lpad(to_hex(code), 4, '0')
    else '\U' || lpad(to_hex(code), 8, '0') end
$$;
comment on function postrider.regex_character is 'A character in a regular expression of Postgres, which takes it for itself everywhere.';

create function postrider.regex_atom(matched int4multirange) returns text
language sql immutable parallel safe
as $$
  select '[' || string_agg(postrider.regex_character(lower(part)) || case when upper(part) - lower(part) > 1
    then '-' || postrider.regex_character(upper(part) - 1) else '' end, '' order by part) || ']'
  from unnest(matched * int4multirange(int4range(1, 1114111, '[]'))) as part
$$;
comment on function postrider.regex_atom is 'What matches one character of a set, in Postgres; null for none.';

-- ASCII alone changes its case here. Beyond it the patterns that are translated without case have whole ranges.
create function postrider.regex_fold(matched int4multirange, flags text) returns int4multirange
language sql immutable parallel safe
as $$
  select case when flags not like '%i%' then matched else matched + coalesce((
    select range_agg(int4range(other, other, '[]'))
    from generate_series(65, 90) as capital,
      lateral (values (capital, capital + 32), (capital + 32, capital),
        -- The two letters of Unicode that are the other case of an ASCII one.
        (case when flags like '%u%' and capital in (75, 83) then capital + 32 end, case capital when 75 then 8490 else 383 end)
      ) as pairs (one, other)
    where matched @> one), '{}') end
$$;
comment on function postrider.regex_fold is 'A set with the other case of its letters, when the flags say so.';

create function postrider.regex_hex(digits text) returns int
language sql immutable parallel safe
as $$
  select case when digits <> '' and length(digits) < 8 and translate(lower(digits), '0123456789abcdef', '') = ''
    then ('x' || lpad(digits, 8, '0'))::bit(32)::int end
$$;
comment on function postrider.regex_hex is 'The number that hexadecimal digits say; null when they are none.';

-- matched is null for what has no equal here, and for what is no regular expression.
create function postrider.regex_escape(pattern text, at int, out matched int4multirange, out after int)
language plpgsql immutable parallel safe
as $$
declare
  letter text := substr(pattern, at + 1, 1);
  code int;
begin
  after := at + 2;
  if letter in ('d', 'w', 's') then
    matched := postrider.regex_set(letter);
  elsif letter in ('D', 'W', 'S') then
    matched := postrider.regex_complement(postrider.regex_set(letter));
  elsif strpos('^$\.*+?()[]{}|/-', letter) > 0 then
    code := ascii(letter);
  elsif letter in ('t', 'n', 'v', 'f', 'r') then
    code := case letter when 't' then 9 when 'n' then 10 when 'v' then 11 when 'f' then 12 else 13 end;
  elsif letter = 'c' then
    code := ascii(substr(pattern, after, 1)) & 31;
    after := at + 3;
  elsif letter = 'x' then
    code := postrider.regex_hex(substr(pattern, after, 2));
    after := at + 4;
  elsif letter = 'u' and substr(pattern, after, 1) = '{' then
    after := after + strpos(substr(pattern, after), '}');
    code := postrider.regex_hex(ltrim(substr(pattern, at + 3, greatest(after - at - 4, 0)), '0'));
  elsif letter = 'u' then
    code := postrider.regex_hex(substr(pattern, after, 4));
    after := at + 6;
    if code between 55296 and 56319 and substr(pattern, after, 2) = '\u' and substr(pattern, after + 2, 1) <> '{' then
      code := 65536 + (code - 55296) * 1024 + postrider.regex_hex(substr(pattern, after + 2, 4)) - 56320;
      after := at + 12;
    end if;
  end if;
  -- Half a surrogate pair matches nothing that is text here.
  if code between 0 and 55295 or code between 57344 and 1114111 then
    matched := int4multirange(int4range(code, code, '[]'));
  end if;
end $$;
comment on function postrider.regex_escape is 'The characters that an escape of a JavaScript regular expression matches, and what follows it.';

create function postrider.regex_class(pattern text, flags text, at int, out matched int4multirange, out after int)
language plpgsql immutable parallel safe
as $$
declare
  negated boolean := substr(pattern, at + 1, 1) = '^';
  item int4multirange;
  last_item int4multirange;
begin
  matched := '{}';
  after := at + case when negated then 2 else 1 end;
  while substr(pattern, after, 1) <> ']' loop
    select one.matched, one.after into item, after from postrider.regex_class_item(pattern, after) as one;
    if substr(pattern, after, 1) = '-' and substr(pattern, after + 1, 1) <> ']' then
      select one.matched, one.after into last_item, after from postrider.regex_class_item(pattern, after + 1) as one;
      item := case when lower(item) <= lower(last_item)
        then int4multirange(int4range(lower(item), lower(last_item), '[]')) end;
    end if;
    matched := matched + item;
    if matched is null then return; end if;
  end loop;
  after := after + 1;
  matched := postrider.regex_fold(matched, flags);
  if negated then matched := postrider.regex_complement(matched); end if;
end $$;
comment on function postrider.regex_class is 'The characters that a class [...] matches, and what follows it.';

create function postrider.regex_class_item(pattern text, at int, out matched int4multirange, out after int)
language plpgsql immutable parallel safe
as $$
declare
  code int := ascii(substr(pattern, at, 1));
begin
  if substr(pattern, at, 2) = '\b' then
    matched := int4multirange(int4range(8, 8, '[]'));
    after := at + 2;
  elsif substr(pattern, at, 1) = '\' then
    select one.matched, one.after into matched, after from postrider.regex_escape(pattern, at) as one;
  else
    matched := case when at <= length(pattern) then int4multirange(int4range(code, code, '[]')) end;
    after := at + 1;
  end if;
end $$;
comment on function postrider.regex_class_item is 'One character or escape of a class, and what follows it.';
