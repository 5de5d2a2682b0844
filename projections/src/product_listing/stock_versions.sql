-- Which version each item has, and whether this transaction has written it.
select s.sku, s.location, s.version,
       s.xmin = pg_current_xact_id()::xid as is_written
from unnest($1::text[], $2::text[]) as wanted (sku, location)
join product_listing_stock s on s.sku = wanted.sku and s.location = wanted.location
