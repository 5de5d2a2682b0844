insert into order_detail (order_id, version, body)
select * from unnest($1::uuid[], $2::bigint[], $3::text[])
on conflict on constraint order_detail_order do update
set version = excluded.version,
    body    = excluded.body
