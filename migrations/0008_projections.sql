-- The query side. A projection's tables live in the schema `query`; one being rebuilt is made
-- in a schema of its own and moved here in one transaction. The tables themselves belong to
-- their projections (projections/src/*/tables.sql), which make them at start-up.

create schema query;
create schema projections;

-- Search that forgives a misspelling (product_listing). Trusted: the database's owner may make it.
create extension if not exists pg_trgm;

-- How far each projection has posted, per partition of its feed. Rows and checkpoint are
-- committed in one transaction; zero rows updated means that somebody else was there. The epoch
-- grows whenever the rows change hands: another worker, a rebuild, another layout of the feed.
-- `failure` says why posting has stopped, until it goes on.
create table projections.checkpoints (
    projection text   not null,
    generation text   not null,
    version    int    not null,
    partition  int    not null,
    position   bigint not null,
    epoch      bigint not null,
    failure    text,
    constraint checkpoints_partition primary key (projection, generation, partition),
    constraint checkpoints_generation check (generation in ('live', 'rebuild')),
    constraint checkpoints_position_positive check (position >= 0)
) with (fillfactor = 50);
