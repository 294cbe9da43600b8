create function postrider.percent_decoded(value text) returns text
language sql immutable parallel safe
as $$
  select convert_from(string_agg(case when length(part[1]) = 3 then decode(substr(part[1], 2), 'hex')
    else convert_to(part[1], 'UTF8') end, ''::bytea order by place), 'UTF8')
  from regexp_matches(value, '%[0-9A-Fa-f]{2}|.', 'g') with ordinality as parts (part, place)
$$;
comment on function postrider.percent_decoded is 'Text of the fragment of a URI.';

create function postrider.refuse_reference(reference text) returns void
language sql immutable parallel safe
as $$
  select postrider.refuse_keyword('$ref', format('"%s" is not followed here', left(reference, 100)))
$$;
comment on function postrider.refuse_reference is 'Refuses a $ref.';

-- An $id gives the references inside it another base. That of the whole schema gives every reference the same one.
create function postrider.referenced_by_pointer(context jsonb, reference text) returns jsonb
language plpgsql immutable parallel safe
as $$
declare
  path text[] := string_to_array(substr(reference, 3), '/');
begin
  if strpos(reference, '%') > 0 or strpos(reference, '~') > 0 then
    path := array(select replace(replace(coalesce(postrider.percent_decoded(part), ''), '~1', '/'), '~0', '~')
      from unnest(path) with ordinality as parts (part, place) order by place);
  end if;
  for length in 1 .. cardinality(path) loop
    if jsonb_typeof(context #> ('{schema}' || path[:length] || '{$id}')) = 'string' then
      perform postrider.refuse_reference(reference);
    end if;
  end loop;
  return context #> ('{schema}' || path);
end $$;
comment on function postrider.referenced_by_pointer is 'What a $ref that is a JSON pointer leads to.';

create function postrider.referenced_by_anchor(context jsonb, reference text) returns jsonb
language plpgsql immutable parallel safe
as $$
declare
  anchored jsonb[] := array(select jsonb_path_query(context -> 'schema',
    'strict $.** ? (@."$anchor" == $name || @."$dynamicAnchor" == $name || @."$id".type() == "string")',
    jsonb_build_object('name', substr(reference, 2))));
begin
  if cardinality(anchored) <> 1 or not anchored[1] ? '$anchor' then perform postrider.refuse_reference(reference); end if;
  return anchored[1];
end $$;
comment on function postrider.referenced_by_anchor is 'What a $ref that is the name of an anchor leads to.';

create function postrider.referenced(context jsonb, reference text) returns jsonb
language plpgsql immutable parallel safe
as $$
declare
  found jsonb;
begin
  if context #>> '{schema,$id}' !~ '^https?://[A-Za-z0-9.-]+(/[A-Za-z0-9._-]+)*/?$' then
    perform postrider.refuse_keyword('$id', 'it is no plain URL, and there is a $ref');
  end if;
  if reference in ('#', '#/') then return context -> 'schema'; end if;
  found := case when starts_with(reference, '#/') then postrider.referenced_by_pointer(context, reference)
    when starts_with(reference, '#') then postrider.referenced_by_anchor(context, reference) end;
  if found is null or jsonb_typeof(found) not in ('object', 'boolean') then
    perform postrider.refuse_reference(reference);
  end if;
  return found;
end $$;
comment on function postrider.referenced is 'The schema that a $ref within the same document leads to.';
