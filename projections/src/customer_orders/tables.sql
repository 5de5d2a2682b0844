-- One row per order, listed by placed_at, the latest first. The body is the list's item.
create table customer_orders (
    order_id   uuid        not null,
    version    bigint      not null,
    customer   text collate "C",
    channel    text collate "C",
    status     text        not null,
    placed_at  timestamptz not null,
    payment_id uuid,
    body       text        not null,
    constraint customer_orders_order primary key (order_id)
);

-- An order's row is found by its payment too; one that was paid outside has none.
create unique index customer_orders_payment_id on customer_orders (payment_id) where payment_id is not null;

-- Payments that came before their orders, and wait for them.
create table customer_orders_payment (
    payment_id uuid not null,
    body       text not null,
    constraint customer_orders_payment_payment primary key (payment_id)
);
