insert into payment_detail (payment_id, version, body)
select * from unnest($1::uuid[], $2::bigint[], $3::text[])
on conflict on constraint payment_detail_payment do update
set version = excluded.version,
    body    = excluded.body
