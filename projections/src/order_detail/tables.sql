-- One document per order. The body is the answer to GET /v1/orders/{id}, and at the same time
-- all that is needed to post the order's next event, or its payment's: `revision` is the version of that. Whose it is
-- decides who reads it, its payment and its timeline.
create table order_detail (
    order_id   uuid   not null,
    version    bigint not null,
    revision   bigint not null,
    payment_id uuid,
    customer   text collate "C",
    body       text   not null,
    constraint order_detail_order primary key (order_id)
);

-- A body is a few kilobytes: lz4 packs it in a tenth of the default's time. A server that was built without it keeps the default.
do $$
begin
    alter table order_detail alter column body set compression lz4;
exception when feature_not_supported then
    null;
end
$$;

-- An order's row is found by its payment too; one that was paid outside has none.
create unique index order_detail_payment_id on order_detail (payment_id) where payment_id is not null;

-- Payments that came before their orders, and wait for them.
create table order_detail_payment (
    payment_id uuid not null,
    body       text not null,
    constraint order_detail_payment_payment primary key (payment_id)
);
