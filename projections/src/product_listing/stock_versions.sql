select s.sku, s.location, s.version
from unnest($1::text[], $2::text[]) as wanted (sku, location)
join product_listing_stock s on s.sku = wanted.sku and s.location = wanted.location
