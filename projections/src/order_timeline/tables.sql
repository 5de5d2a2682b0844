-- One row per event of an order or a payment. The body is the item of the timeline.
create table order_timeline (
    aggregate_type text collate "C" not null,
    aggregate_id   uuid   not null,
    position       bigint not null,
    body           text   not null,
    constraint order_timeline_event primary key (aggregate_id, aggregate_type, position)
);
