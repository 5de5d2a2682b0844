-- One row per stock item. `uncommitted` is on_hand − held − committed and, unlike `available` in
-- a document, goes below zero when a forced adjustment left less than is promised. Every sale changes it, and a row is
-- changed in place only where no index holds what is changed: so `scarcity` is indexed in its stead, which says in
-- coarse steps how many there are (0: none) and seldom changes.
create table stock_level (
    sku         text collate "C" not null,
    location    text collate "C" not null,
    version     bigint not null,
    on_hand     bigint not null,
    held        bigint not null,
    committed   bigint not null,
    uncommitted bigint not null,
    scarcity    int    not null
        generated always as (width_bucket(uncommitted, '{1,4,16,64,256,1024,4096,16384}'::bigint[])) stored,
    updated_at  timestamptz not null,
    constraint stock_level_item primary key (sku, location)
) with (fillfactor = 80);

-- One row per open reservation; it goes when its last unit is dispatched, released or expired. An order makes one for each
-- of its lines, so there is no index but the key: those of one SKU are sorted when they are read.
create table stock_reservation (
    sku            text collate "C" not null,
    location       text collate "C" not null,
    reservation_id uuid        not null,
    order_id       uuid        not null,
    line_id        uuid        not null,
    quantity       bigint      not null,
    is_committed   boolean     not null,
    expires_at     timestamptz not null,
    constraint stock_reservation_id primary key (sku, location, reservation_id)
);
