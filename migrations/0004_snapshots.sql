-- Snapshots: a stream's state at a version, so that a long stream loads quickly. A cache:
-- written off the write path, safe to delete at any time. The columns are postgres-es';
-- `state_version` names the shape of the state, and a snapshot of another shape is not used.

create table journal.snapshots (
    aggregate_type   text   not null,
    aggregate_id     text   not null,
    last_sequence    bigint not null,
    current_snapshot bigint not null,
    payload          json   not null,
    state_version    text   not null default '1',
    constraint snapshots_stream primary key (aggregate_type, aggregate_id),
    constraint snapshots_last_sequence_positive check (last_sequence >= 0),
    constraint snapshots_current_snapshot_positive check (current_snapshot >= 0)
);
