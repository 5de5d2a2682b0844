-- Takes the columns of move_levels.sql. An item that is there already is left alone; the count tells.
insert into stock_level (sku, location, version, on_hand, held, committed, uncommitted, updated_at)
select sku, location, version, on_hand, held, committed, on_hand - held - committed, updated_at
from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::timestamptz[])
    as item (sku, location, version_before, version, on_hand, held, committed, updated_at)
on conflict on constraint stock_level_item do nothing
