-- A TypeID holds the 128 bits of its UUID, five to a letter, behind two that are zero.
create function postrider.uuid_of(prefix text, id text) returns uuid
language plpgsql immutable strict parallel safe as $$
declare
  bits varbit := B'';
  hex text := '';
begin
  if id !~ ('^' || prefix || '_[0-7][0-9a-hjkmnp-tv-z]{25}$') then return null; end if;
  for i in 1..26 loop
    bits := bits || (strpos('0123456789abcdefghjkmnpqrstvwxyz', substr(id, length(prefix) + 1 + i, 1)) - 1)::bit(5);
  end loop;
  for i in 0..31 loop hex := hex || to_hex(substring(bits from 3 + i * 4 for 4)::bit(4)::int); end loop;
  return hex::uuid;
end $$;

comment on function postrider.uuid_of(text, text) is 'The UUID in an id of the API; null when it is none of this prefix.';

create function postrider.id_of(prefix text, id uuid) returns text
language plpgsql immutable strict parallel safe as $$
declare
  bits varbit := B'00' || ('x' || replace(id::text, '-', ''))::bit(128);
  letters text := '';
begin
  for i in 0..25 loop
    letters := letters
      || substr('0123456789abcdefghjkmnpqrstvwxyz', substring(bits from 1 + i * 5 for 5)::bit(5)::int + 1, 1);
  end loop;
  return prefix || '_' || letters;
end $$;

comment on function postrider.id_of(text, uuid) is 'The id of the API that stands for this UUID.';
