insert into product_listing_price (product_id, currency, minor)
select * from unnest($1::uuid[], $2::text[], $3::bigint[])
on conflict on constraint product_listing_price_currency do update
set minor = excluded.minor
where product_listing_price.minor <> excluded.minor
