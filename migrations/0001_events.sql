-- The journal: every accepted command's events, once, in order, never altered.
--
-- The columns of a postgres-es `events` table, with their names and types, so that its
-- PostgresEventRepository can load our streams; and two of our own: `position`, the dense
-- number of the event in commit order (the cursor of every reader), and `recorded_at`.
-- `payload` and `metadata` are json, never jsonb: the bytes that were accepted are kept.

create schema journal;

create table journal.events (
    position       bigint      not null,
    recorded_at    timestamptz not null,
    sequence       bigint      not null,
    aggregate_type text        not null,
    aggregate_id   text        not null,
    event_type     text        not null,
    event_version  text        not null,
    payload        json        not null,
    metadata       json        not null,
    constraint events_stream_sequence primary key (aggregate_type, aggregate_id, sequence),
    constraint events_position unique (position),
    constraint events_position_positive check (position >= 1),
    constraint events_sequence_positive check (sequence >= 1)
);

comment on table journal.events is 'append-only; written by journal.append() alone';

-- What is in the books is never changed: not by the server, not by the owner.
create function journal.refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception '% on %.% is refused: the journal is append-only', tg_op, tg_table_schema, tg_table_name
        using errcode = 'restrict_violation',
              hint = 'Record a correcting event through a command instead.';
end $$;

create trigger events_refuse_change before update or delete on journal.events
    for each row execute function journal.refuse_change();
create trigger events_refuse_truncate before truncate on journal.events
    for each statement execute function journal.refuse_change();
-- ALWAYS: also under session_replication_role = replica, which silences ordinary triggers.
alter table journal.events enable always trigger events_refuse_change;
alter table journal.events enable always trigger events_refuse_truncate;
