insert into stock_reservation (sku, location, reservation_id, order_id, line_id, quantity, is_committed, expires_at)
select * from unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[], $7::boolean[],
                     $8::timestamptz[])
