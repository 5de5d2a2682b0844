-- Which (type, version) the journal holds, gathered at start-up from the events recorded since
-- the last look, so that the server can refuse to start when it cannot read one of them
-- without scanning the whole journal each time.

create table journal.event_kinds (
    aggregate_type text   not null,
    event_type     text   not null,
    event_version  text   not null,
    first_position bigint not null,
    constraint event_kinds_kind primary key (aggregate_type, event_type, event_version)
);

create table journal.event_kinds_through (
    singleton boolean not null default true,
    position  bigint  not null default 0,
    constraint event_kinds_through_singleton primary key (singleton),
    constraint event_kinds_through_one_row check (singleton)
);
insert into journal.event_kinds_through default values;
