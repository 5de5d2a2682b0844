-- How many items were moved, and of which SKUs an item ran out or came back. An item that is not at the version before the
-- batch is left alone.
with moved as (
    update product_listing_stock s
    set version   = item.version,
        available = s.available + item.freed
    from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
        as item (sku, location, version_before, version, freed)
    where s.sku = item.sku and s.location = item.location and s.version = item.version_before
    returning s.sku, s.available, s.available - item.freed as available_before
)
select count(*),
       coalesce(array_agg(distinct sku) filter (where (available > 0) <> (available_before > 0)), '{}')
from moved
