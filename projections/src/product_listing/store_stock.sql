insert into product_listing_stock (sku, location, version, available)
select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
on conflict on constraint product_listing_stock_item do update
set version   = excluded.version,
    available = excluded.available
