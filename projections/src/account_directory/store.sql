insert into account_directory (account_id, version, position, roles, body)
select account_id, version, position, string_to_array(roles, ' '), body
from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])
    as s (account_id, version, position, roles, body)
on conflict on constraint account_directory_account do update
set version = excluded.version,
    roles   = excluded.roles,
    body    = excluded.body
