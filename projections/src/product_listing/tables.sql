-- One row per product. The body is the list's item, and all that is needed to post the next event.
-- Sorted by code points (collate "C"): an order that no upgrade of a library changes.
-- Room on each page: what no index holds, such as a price, is changed in place.
create table product_listing (
    product_id       uuid     not null,
    version          bigint   not null,
    published        boolean  not null,
    in_stock         boolean  not null,
    created_position bigint   not null,
    name_key         text collate "C" not null,
    category_key     text collate "C" not null,
    search           tsvector not null,
    body             text     not null,
    constraint product_listing_product primary key (product_id)
) with (fillfactor = 80);

-- The lowest price of each product per currency, over the variants that are sold.
create table product_listing_price (
    product_id uuid   not null,
    currency   text collate "C" not null,
    minor      bigint not null,
    constraint product_listing_price_currency primary key (product_id, currency)
);

-- Which product a SKU that is sold belongs to, and what the product's item says of its stock.
create table product_listing_sku (
    sku        text collate "C" not null,
    product_id uuid    not null,
    in_stock   boolean not null,
    constraint product_listing_sku_sku primary key (sku)
);

-- What each stock item can still promise, its product known or not. No index but the key, and
-- room on each page: every sale changes a row here in place.
create table product_listing_stock (
    sku       text collate "C" not null,
    location  text collate "C" not null,
    version   bigint not null,
    available bigint not null,
    constraint product_listing_stock_item primary key (sku, location)
) with (fillfactor = 80);
