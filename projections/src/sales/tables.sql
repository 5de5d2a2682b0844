-- One row per line of an order of which something is sold: what is left of it after cancellation.
-- `ordered` and `coupon_ordered` are as placed; the coupon's share goes with the units.
create table sales_line (
    order_id       uuid        not null,
    line_id        uuid        not null,
    placed_at      timestamptz not null,
    sku            text collate "C" not null,
    channel        text collate "C" not null,
    currency       text collate "C" not null,
    units          bigint      not null,
    gross          bigint      not null,
    discount       bigint      not null,
    net            bigint      not null,
    coupon         bigint      not null,
    ordered        bigint      not null,
    coupon_ordered bigint      not null,
    constraint sales_line_line primary key (order_id, line_id)
);

-- Where each SKU belongs today, by its product's category: joined when sales are asked for.
create table sales_product (
    sku        text collate "C" not null,
    product_id uuid not null,
    department text collate "C" not null,
    category   text collate "C" not null,
    constraint sales_product_sku primary key (sku)
);

-- Each product's category, for SKUs that are added later.
create table sales_category (
    product_id uuid not null,
    department text collate "C" not null,
    category   text collate "C" not null,
    constraint sales_category_product primary key (product_id)
);

-- What was given back, by the SKU that it was for: empty where it was for no units in particular, shipping for instance.
-- The position is that of the refund's event.
create table sales_refund (
    position    bigint      not null,
    sku         text collate "C" not null,
    payment_id  uuid        not null,
    refunded_at timestamptz not null,
    currency    text collate "C" not null,
    amount      bigint      not null,
    constraint sales_refund_sku primary key (position, sku)
);

-- The channel of each order that may have a payment: of one that was not paid outside.
create table sales_payment (
    payment_id uuid not null,
    channel    text collate "C" not null,
    constraint sales_payment_payment primary key (payment_id)
);
