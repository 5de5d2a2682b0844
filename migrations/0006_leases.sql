-- Leases: which process does a piece of work that one process at a time should do (the relay,
-- a projection). The epoch grows at every change of hands; who writes under a lease names its
-- epoch in the same transaction, so that one that was paused and overtaken is fenced off.

create table journal.leases (
    name       text        not null,
    holder     uuid        not null,
    epoch      bigint      not null,
    expires_at timestamptz not null,
    constraint leases_name primary key (name)
);
