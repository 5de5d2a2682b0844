insert into live_revocations (kind, id, position, until)
select * from unnest($1::text[], $2::uuid[], $3::bigint[], $4::timestamptz[])
on conflict on constraint live_revocations_revoked do update
set position = excluded.position,
    until    = excluded.until
