-- One row per stock item. `uncommitted` is on_hand − held − committed and, unlike `available` in
-- the body, goes below zero when a forced adjustment left less than is promised.
create table stock_level (
    sku         text collate "C" not null,
    location    text collate "C" not null,
    version     bigint not null,
    on_hand     bigint not null,
    held        bigint not null,
    committed   bigint not null,
    uncommitted bigint not null,
    body        text   not null,
    constraint stock_level_item primary key (sku, location)
);

-- One row per open reservation; it goes when its last unit is dispatched, released or expired.
create table stock_reservation (
    sku            text collate "C" not null,
    location       text collate "C" not null,
    reservation_id uuid        not null,
    expires_at     timestamptz not null,
    body           text        not null,
    constraint stock_reservation_id primary key (sku, location, reservation_id)
);
