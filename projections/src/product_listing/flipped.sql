select s.sku, s.product_id
from unnest($1::text[], $2::boolean[]) as now (sku, in_stock)
join product_listing_sku s on s.sku = now.sku and s.in_stock <> now.in_stock
