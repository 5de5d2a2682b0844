-- One row per order, listed by placed_at, the latest first. The body is the list's item.
create table customer_orders (
    order_id  uuid        not null,
    version   bigint      not null,
    customer  text collate "C",
    channel   text collate "C",
    status    text        not null,
    placed_at timestamptz not null,
    body      text        not null,
    constraint customer_orders_order primary key (order_id)
);
