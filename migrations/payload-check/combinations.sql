-- As ajv does, the problems of branches are told when none fits, and so is that none fits.

create function postrider.any_of_problems(context jsonb, branches jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  problems postrider.payload_problem[];
  found postrider.payload_problem[] := '{}';
begin
  for place in 0 .. jsonb_array_length(branches) - 1 loop
    problems := postrider.subschema_problems(context, branches -> place, data, pointer, depth);
    if cardinality(problems) = 0 then return '{}'; end if;
    found := found || problems;
  end loop;
  return found || postrider.problem(pointer, 'must match a schema in anyOf');
end $$;
comment on function postrider.any_of_problems is 'What is wrong by the keyword anyOf.';

create function postrider.one_of_problems(context jsonb, branches jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  fitting int := 0;
  problems postrider.payload_problem[];
  found postrider.payload_problem[] := '{}';
begin
  for place in 0 .. jsonb_array_length(branches) - 1 loop
    problems := postrider.subschema_problems(context, branches -> place, data, pointer, depth);
    if cardinality(problems) = 0 then fitting := fitting + 1; end if;
    found := found || problems;
    exit when fitting = 2;
  end loop;
  if fitting = 1 then return '{}'; end if;
  return found || postrider.problem(pointer, 'must match exactly one schema in oneOf');
end $$;
comment on function postrider.one_of_problems is 'What is wrong by the keyword oneOf.';

create function postrider.all_of_problems(context jsonb, branches jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  found postrider.payload_problem[] := '{}';
begin
  for place in 0 .. jsonb_array_length(branches) - 1 loop
    found := found || postrider.subschema_problems(context, branches -> place, data, pointer, depth);
  end loop;
  return found;
end $$;
comment on function postrider.all_of_problems is 'What is wrong by the keyword allOf.';

create function postrider.if_problems(context jsonb, schema jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  clause text;
  found postrider.payload_problem[];
begin
  if not schema ?| array['then', 'else'] then return '{}'; end if;
  clause := case cardinality(postrider.subschema_problems(context, schema -> 'if', data, pointer, depth))
    when 0 then 'then' else 'else' end;
  if not schema ? clause then return '{}'; end if;
  found := postrider.subschema_problems(context, schema -> clause, data, pointer, depth);
  if cardinality(found) = 0 then return '{}'; end if;
  return found || postrider.problem(pointer, format('must match "%s" schema', clause));
end $$;
comment on function postrider.if_problems is 'What is wrong by the keywords if, then and else.';

create function postrider.combination_problems(context jsonb, schema jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  found postrider.payload_problem[] := '{}';
begin
  if schema ? '$ref' then
    found := postrider.subschema_problems(context, postrider.referenced(context, schema ->> '$ref'), data, pointer, depth);
  end if;
  if schema ? 'const' and not postrider.is_among('const', jsonb_build_array(schema -> 'const'), data) then
    found := found || postrider.problem(pointer, 'must be equal to constant');
  end if;
  if schema ? 'enum' and not postrider.is_among('enum', schema -> 'enum', data) then
    found := found || postrider.problem(pointer, 'must be equal to one of the allowed values');
  end if;
  if schema ? 'not' and cardinality(postrider.subschema_problems(context, schema -> 'not', data, pointer, depth)) = 0 then
    found := found || postrider.problem(pointer, 'must NOT be valid');
  end if;
  if schema ? 'anyOf' then
    found := found || postrider.any_of_problems(context, schema -> 'anyOf', data, pointer, depth);
  end if;
  if schema ? 'oneOf' then
    found := found || postrider.one_of_problems(context, schema -> 'oneOf', data, pointer, depth);
  end if;
  if schema ? 'allOf' then
    found := found || postrider.all_of_problems(context, schema -> 'allOf', data, pointer, depth);
  end if;
  if schema ? 'if' then found := found || postrider.if_problems(context, schema, data, pointer, depth); end if;
  return found;
end $$;
comment on function postrider.combination_problems is 'What is wrong by the keywords that apply to any kind of data.';
