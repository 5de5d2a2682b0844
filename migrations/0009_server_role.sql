-- The role that the server runs as: it may read the journal and pass the door, keep its
-- caches and the query tables, and nothing more. Roles belong to the whole cluster, so a
-- neighbour database may have made it already, or be making it at this moment.

do $$
begin
    if not exists (select from pg_roles where rolname = 'daybook_server') then
        create role daybook_server nologin;
    end if;
exception when duplicate_object or unique_violation then
    null;
end $$;

-- The owner's connections become the server by `set role`; a superuser needs no membership.
do $$
begin
    if not pg_has_role(current_user, 'daybook_server', 'member') then
        execute format('grant daybook_server to %I', current_user);
    end if;
exception when unique_violation or internal_error then
    null;
end $$;

revoke all on all functions in schema journal from public;

grant usage on schema journal, relay, projections to daybook_server;
grant select on journal.events, journal.claims to daybook_server;
grant execute on function
    journal.append(int[], text[], text[], bigint[], text[], text[], text[], text[],
                   int[], uuid[], int[], text[], text[], bigint[]),
    journal.append_lock()
    to daybook_server;
grant select, insert, update, delete on journal.snapshots, journal.leases to daybook_server;
grant select, insert on journal.event_kinds to daybook_server;
grant select, update on journal.event_kinds_through to daybook_server;
grant select, insert, update, delete on relay.checkpoints, projections.checkpoints to daybook_server;
grant usage, create on schema query to daybook_server;

-- A rebuild makes a schema of its own.
do $$
begin
    execute format('grant create on database %I to daybook_server', current_database());
end $$;
