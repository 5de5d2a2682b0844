insert into product_listing_sku (sku, product_id, in_stock)
select * from unnest($1::text[], $2::uuid[], $3::boolean[])
on conflict on constraint product_listing_sku_sku do update
set in_stock = excluded.in_stock
where product_listing_sku.in_stock <> excluded.in_stock
