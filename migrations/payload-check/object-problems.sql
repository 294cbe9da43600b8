create function postrider.required_problems(required jsonb, data jsonb, pointer text) returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  key text;
  found postrider.payload_problem[] := '{}';
begin
  foreach key in array array(select jsonb_array_elements_text(required)) loop
    continue when postrider.has_property(data, key);
    -- ajv overlooks it inside not and if.
    if key = '' then perform postrider.refuse_keyword('required', 'it asks for a property without a name'); end if;
    found := found || postrider.problem(pointer, format('must have required property ''%s''', key));
  end loop;
  return found;
end $$;
comment on function postrider.required_problems is 'What is wrong by the keyword required.';

create function postrider.object_problems(context jsonb, schema jsonb, data jsonb, pointer text, depth int)
returns postrider.payload_problem[]
language plpgsql immutable parallel safe
as $$
declare
  found postrider.payload_problem[] := '{}';
begin
  if schema #> '{properties,__proto__}' is not null then
    perform postrider.refuse_inherited('properties', '__proto__');
  end if;
  if schema ?| array['maxProperties', 'minProperties'] then
    found := postrider.count_problems(schema, data, pointer);
  end if;
  if schema ? 'required' then
    found := found || postrider.required_problems(schema -> 'required', data, pointer);
  end if;
  if schema ? 'propertyNames' then
    found := found || postrider.name_problems(context, schema -> 'propertyNames', data, pointer, depth);
  end if;
  if schema ? 'additionalProperties' then
    found := found || postrider.additional_problems(context, schema, data, pointer, depth);
  end if;
  if schema ? 'dependencies' then
    found := found || postrider.needed_problems('dependencies', schema -> 'dependencies', data, pointer)
      || postrider.dependent_problems(context, 'dependencies', schema -> 'dependencies', data, pointer, depth);
  end if;
  if schema ? 'properties' then
    found := found || postrider.property_problems(context, schema -> 'properties', data, pointer, depth);
  end if;
  if schema ? 'patternProperties' then
    found := found || postrider.pattern_property_problems(context, schema -> 'patternProperties', data, pointer, depth);
  end if;
  if schema ? 'dependentRequired' then
    found := found || postrider.needed_problems('dependentRequired', schema -> 'dependentRequired', data, pointer);
  end if;
  if schema ? 'dependentSchemas' then
    found := found || postrider.dependent_problems(context, 'dependentSchemas', schema -> 'dependentSchemas', data,
      pointer, depth);
  end if;
  return found;
end $$;
comment on function postrider.object_problems is 'What is wrong with an object by the keywords of objects.';
