-- Which version each item has, and whether this transaction has written it.
select l.sku, l.location, l.version,
       l.xmin = pg_current_xact_id()::xid as is_written
from unnest($1::text[], $2::text[]) as wanted (sku, location)
join stock_level l on l.sku = wanted.sku and l.location = wanted.location
