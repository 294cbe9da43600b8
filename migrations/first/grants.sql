create function postrider.grant_publish(application text, role name) returns void language plpgsql as $$
begin
  insert into publish_grant (role, application_id)
  select grant_publish.role, a.id from application a where a.id = postrider.uuid_of('app', grant_publish.application)
  on conflict do nothing;
  if not exists (select from application a where a.id = postrider.uuid_of('app', grant_publish.application)) then
    perform postrider.refuse(jsonb_build_array(postrider.problem('NOT_FOUND', 'application', 'there is no application ' || grant_publish.application)));
  end if;
  execute format('grant usage on schema postrider to %I', grant_publish.role);
  execute format('grant execute on function postrider.publish(text, text, text, json, text, timestamptz) to %I', grant_publish.role);
end $$;

comment on function postrider.grant_publish(text, name) is 'Lets a role, and those that are members of it, publish for an application. For the role that Postrider connects as.';

create function postrider.revoke_publish(application text, role name) returns void language sql as $$
  delete from publish_grant g
  where g.application_id = postrider.uuid_of('app', revoke_publish.application) and g.role = revoke_publish.role
$$;

comment on function postrider.revoke_publish(text, name) is 'Takes back what grant_publish gave.';

revoke all on function postrider.grant_publish(text, name), postrider.revoke_publish(text, name) from public;
