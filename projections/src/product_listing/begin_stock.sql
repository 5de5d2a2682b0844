-- An item that is there already is left alone; the count tells.
insert into product_listing_stock (sku, location, version, available)
select sku, location, version, available
from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) as item (sku, location, version, available)
on conflict on constraint product_listing_stock_item do nothing
