-- One row per session or client whose tokens are refused although they may not have expired. Few, and short-lived.
create table live_revocations (
    kind     text collate "C" not null,
    id       uuid             not null,
    -- Of the event that revoked it.
    position bigint           not null,
    -- From when no token of it can be about any more.
    until    timestamptz      not null,
    constraint live_revocations_revoked primary key (kind, id)
);
