insert into client_directory (client_id, version, position, body)
select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[])
on conflict on constraint client_directory_client do update
set version = excluded.version,
    body    = excluded.body
