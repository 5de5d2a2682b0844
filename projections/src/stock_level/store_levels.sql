insert into stock_level (sku, location, version, on_hand, held, committed, uncommitted, body)
select sku, location, version, on_hand, held, committed, on_hand - held - committed, body
from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[])
    as item (sku, location, version, on_hand, held, committed, body)
on conflict on constraint stock_level_item do update
set version     = excluded.version,
    on_hand     = excluded.on_hand,
    held        = excluded.held,
    committed   = excluded.committed,
    uncommitted = excluded.uncommitted,
    body        = excluded.body
