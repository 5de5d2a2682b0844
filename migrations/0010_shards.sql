-- Work that several workers share: cut into shards, each with one holder at a time and a checkpoint
-- of its own. The epoch grows at every change of hands; who stores a checkpoint names the epoch, so
-- that a worker that was paused and overtaken moves nothing.

create table journal.shards (
    work       text        not null,
    shard      integer     not null,
    holder     uuid        not null,
    epoch      bigint      not null,
    expires_at timestamptz not null,
    position   bigint      not null,
    constraint shards_work_shard primary key (work, shard)
);

-- Who takes part, so that each takes its share and no more.
create table journal.workers (
    work       text        not null,
    holder     uuid        not null,
    expires_at timestamptz not null,
    constraint workers_work_holder primary key (work, holder)
);

grant select, insert, update, delete on journal.shards, journal.workers to daybook_server;
