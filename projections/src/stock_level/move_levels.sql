-- An item that is not at the version before the batch is left alone; the count tells.
update stock_level l
set version     = item.version,
    on_hand     = l.on_hand + item.on_hand,
    held        = l.held + item.held,
    committed   = l.committed + item.committed,
    uncommitted = l.uncommitted + item.on_hand - item.held - item.committed,
    updated_at  = item.updated_at
from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::timestamptz[])
    as item (sku, location, version_before, version, on_hand, held, committed, updated_at)
where l.sku = item.sku and l.location = item.location and l.version = item.version_before
