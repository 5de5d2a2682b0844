-- How far the relay has published: the highest *contiguous* acknowledged position, and per
-- partition the last position at or below it, from which the `previous` header goes on.

create schema relay;

create table relay.checkpoints (
    topic          text     not null,
    epoch          bigint   not null,
    position       bigint   not null,
    last_published bigint[] not null,
    constraint checkpoints_topic primary key (topic)
);
