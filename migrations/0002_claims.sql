-- Claims: one mechanism for uniqueness (SKU, slug, e-mail), for idempotency (a request's key)
-- and for deduplication (a gateway's event id, a process manager's step).
--
-- The key is a hash of (namespace, value), 16 bytes wide: half the index of two text columns.
-- A claim is written in the transaction of the command that made it and points at that
-- command's first event, so it is also a consistent look-up: SKU, claim, position, stream.

create table journal.claims (
    key      uuid   not null,
    position bigint not null,
    constraint claims_key primary key (key)
);

create trigger claims_refuse_change before update or delete on journal.claims
    for each row execute function journal.refuse_change();
create trigger claims_refuse_truncate before truncate on journal.claims
    for each statement execute function journal.refuse_change();
alter table journal.claims enable always trigger claims_refuse_change;
alter table journal.claims enable always trigger claims_refuse_truncate;
