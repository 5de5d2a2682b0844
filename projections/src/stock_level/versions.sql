select l.sku, l.location, l.version
from unnest($1::text[], $2::text[]) as wanted (sku, location)
join stock_level l on l.sku = wanted.sku and l.location = wanted.location
