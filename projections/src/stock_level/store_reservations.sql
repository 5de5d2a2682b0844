insert into stock_reservation (sku, location, reservation_id, expires_at, body)
select * from unnest($1::text[], $2::text[], $3::uuid[], $4::timestamptz[], $5::text[])
on conflict on constraint stock_reservation_id do update
set expires_at = excluded.expires_at,
    body       = excluded.body
