-- Of a regular expression only matters whether it matches: groups need not capture, and nothing need be lazy.

create function postrider.regex_group_head(pattern text, at int, out head text, out after int)
language plpgsql immutable parallel safe
as $$
begin
  if substr(pattern, at, 2) <> '(?' then
    head := '(?:';
    after := at + 1;
  elsif substr(pattern, at, 3) in ('(?:', '(?=', '(?!') then
    head := substr(pattern, at, 3);
    after := at + 3;
  elsif substr(pattern, at, 4) in ('(?<=', '(?<!') then
    head := substr(pattern, at, 4);
    after := at + 4;
  elsif substr(pattern, at, 3) = '(?<' and strpos(substr(pattern, at), '>') > 0 then
    head := '(?:';
    after := at + strpos(substr(pattern, at), '>');
  end if;
end $$;
comment on function postrider.regex_group_head is 'How a group of a JavaScript regular expression begins in Postgres; null for modifiers.';

-- Postgres counts to 255.
create function postrider.regex_times(atom text, times int) returns text
language sql immutable parallel safe
as $$
  select case
    when times <= 255 then atom || '{' || times || '}'
    else '(?:' || atom || '{200}){' || times / 200 || '}' || atom || '{' || times % 200 || '}' end
$$;
comment on function postrider.regex_times is 'An atom so many times.';

-- Any number up to 128 n + r is so many 128s and at most r more, when r is 127 or more.
create function postrider.regex_at_most(atom text, times int) returns text
language sql immutable parallel safe
as $$
  select case
    when times <= 255 then atom || '{0,' || times || '}'
    else '(?:' || atom || '{128}){0,' || (times - 127) / 128 || '}' || atom || '{0,' || 127 + (times - 127) % 128 || '}' end
$$;
comment on function postrider.regex_at_most is 'An atom so many times or fewer.';

-- high is null when there is no end; low when this is none.
create function postrider.regex_quantifier(pattern text, at int, out low int, out high int, out after int)
language plpgsql immutable parallel safe
as $$
declare
  sign text := substr(pattern, at, 1);
  bounds text[];
begin
  after := at + 1;
  if sign = '{' then
    after := at + strpos(substr(pattern, at), '}');
    bounds := string_to_array(substr(pattern, at + 1, greatest(after - at - 2, 0)), ',');
    if coalesce(bounds[1], '') = '' or translate(concat(bounds[1], bounds[2]), '0123456789', '') <> '' then return; end if;
    -- More than nine digits are more than may be expanded anyway.
    low := left(bounds[1], 9)::int;
    high := case cardinality(bounds) when 1 then low else nullif(left(bounds[2], 9), '')::int end;
  else
    low := case sign when '+' then 1 else 0 end;
    high := case sign when '?' then 1 end;
  end if;
  if substr(pattern, after, 1) = '?' then after := after + 1; end if;
end $$;
comment on function postrider.regex_quantifier is 'How often a quantifier repeats, and what follows it.';

create function postrider.regex_repeated(atom text, low int, high int) returns text
language sql immutable parallel safe
as $$
  select case
    when high is null and low < 2 then atom || case low when 0 then '*' else '+' end
    when high is null then postrider.regex_times(atom, low) || atom || '*'
    when high <= 255 then atom || '{' || low || ',' || high || '}'
    else postrider.regex_times(atom, low) || postrider.regex_at_most(atom, high - low) end
$$;
comment on function postrider.regex_repeated is 'An atom so many times, to no end when there is no high.';

create function postrider.regex_one(pattern text, flags text, at int, out atom text, out after int)
language plpgsql immutable parallel safe
as $$
declare
  matched int4multirange;
begin
  case substr(pattern, at, 1)
    when '[' then
      select one.matched, one.after into matched, after from postrider.regex_class(pattern, flags, at) as one;
    when '.' then
      matched := postrider.regex_complement(postrider.regex_set('n'));
      after := at + 1;
    when '\' then
      select one.matched, one.after into matched, after from postrider.regex_escape(pattern, at) as one;
      matched := postrider.regex_fold(matched, flags);
    else
      matched := postrider.regex_fold(int4multirange(int4range(ascii(substr(pattern, at, 1)),
        ascii(substr(pattern, at, 1)), '[]')), flags);
      after := at + 1;
  end case;
  atom := postrider.regex_atom(matched);
end $$;
comment on function postrider.regex_one is 'What matches one character, and what follows it.';

-- A quantifier is expanded when Postgres compiles a regular expression. So many characters take tens of milliseconds, and
-- parts that may be left out, one after the other, the cube of their number: 250 still do, 1,000 take a minute.
create function postrider.translated_regex(pattern text, flags text default 'u') returns text
language plpgsql immutable parallel safe
as $$
declare
  most_characters constant int := 4000;
  most_optional constant int := 250;
  regex text := '';
  -- Where the last atom begins, and what it and each open group take up when expanded.
  atom_at int;
  atom_characters int;
  atom_optional int;
  opened int[] := '{}';
  characters int[] := '{0}';
  optional int[] := '{0}';
  depth int := 1;
  at int := 1;
  sign text;
  part text;
  low int;
  high int;
begin
  if length(pattern) > most_characters then return null; end if;
  while at <= length(pattern) loop
    sign := substr(pattern, at, 1);
    if sign in ('^', '$', '|') or sign = '\' and substr(pattern, at + 1, 1) in ('b', 'B') then
      regex := regex || case when sign <> '\' then sign when substr(pattern, at + 1, 1) = 'b' then '\y' else '\Y' end;
      -- A branch that may be empty.
      if sign = '|' and (at = 1 or strpos('(|:=!^$', substr(pattern, at - 1, 1)) > 0 or at = length(pattern)
          or substr(pattern, at + 1, 1) in ('|', ')', '$')) then
        optional[depth] := optional[depth] + 1;
      end if;
      at := at + case sign when '\' then 2 else 1 end;
      atom_at := null;
    elsif sign = '(' then
      select one.head, one.after into part, at from postrider.regex_group_head(pattern, at) as one;
      opened[depth] := length(regex) + 1;
      depth := depth + 1;
      characters[depth] := 0;
      optional[depth] := 0;
      regex := regex || part;
      atom_at := null;
    elsif sign = ')' then
      if depth = 1 then return null; end if;
      atom_characters := characters[depth];
      atom_optional := optional[depth];
      depth := depth - 1;
      atom_at := opened[depth];
      characters[depth] := characters[depth] + atom_characters;
      optional[depth] := optional[depth] + atom_optional;
      regex := regex || ')';
      at := at + 1;
    elsif sign in ('*', '+', '?', '{') then
      select one.low, one.high, one.after into low, high, at from postrider.regex_quantifier(pattern, at) as one;
      characters[depth] := least(characters[depth] + (greatest(low, high, 1) - 1) * atom_characters::float8, 1e6);
      optional[depth] := least(optional[depth] + case when low = 0 then 1 else 0 end
        + (greatest(low, high, 1) - 1) * atom_optional::float8, 1e6);
      regex := left(regex, atom_at - 1) || postrider.regex_repeated(substr(regex, atom_at), low, high);
      atom_at := null;
    else
      select one.atom, one.after into part, at from postrider.regex_one(pattern, flags, at) as one;
      atom_at := length(regex) + 1;
      atom_characters := 1;
      atom_optional := 0;
      characters[depth] := characters[depth] + 1;
      regex := regex || part;
    end if;
    if regex is null or characters[depth] > most_characters or optional[depth] > most_optional then return null; end if;
  end loop;
  return case when depth = 1 then regex end;
end $$;
comment on function postrider.translated_regex is 'The regular expression of Postgres that matches what one of JavaScript does; null when none surely does.';

create function postrider.js_regex(pattern text) returns text
language plpgsql immutable parallel safe
as $$
declare
  regex text := postrider.translated_regex(pattern);
begin
  if regex is null then
    perform postrider.refuse_keyword('pattern',
      format('Postgres has no equal of the regular expression /%s/', left(pattern, 100)));
  end if;
  return regex;
end $$;
comment on function postrider.js_regex is 'The regular expression of Postgres that matches what one of JavaScript (with its flag u) does, under the collation "C". What has no sure equal is refused.';
