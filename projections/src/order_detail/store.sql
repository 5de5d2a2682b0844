insert into order_detail (order_id, version, revision, payment_id, customer, body)
select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::text[], $6::text[])
on conflict on constraint order_detail_order do update
set version  = excluded.version,
    revision = excluded.revision,
    body     = excluded.body
