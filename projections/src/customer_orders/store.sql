insert into customer_orders (order_id, version, customer, channel, status, placed_at, payment_id, body)
select * from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
                     $7::uuid[], $8::text[])
on conflict on constraint customer_orders_order do update
set version = excluded.version,
    status  = excluded.status,
    body    = excluded.body
