insert into order_detail (order_id, version, revision, payment_id, body)
select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::text[])
on conflict on constraint order_detail_order do update
set version  = excluded.version,
    revision = excluded.revision,
    body     = excluded.body
