-- The vault: what must never be in an event, kept where it can be destroyed. Keys of accounts (wrapped), hashes of
-- passwords and tokens, sealed secrets of second factors, links and mail that are under way. Nothing in it can be
-- read by whoever has only the database: it is hashed, or sealed under a key that is not here.
--
-- What belongs to a command is written in the command's transaction (journal.append_with_secrets), so that there is
-- no account without its key and no session without its token. What belongs to none is written directly.
create schema vault;

create table vault.secrets (
    kind       text        not null,
    key        text        not null,
    -- Whose it is, as a stream's id: what is destroyed together with it.
    owner      text        not null,
    value      bytea       not null,
    -- Nobody is given it any more from then on.
    expires_at timestamptz,
    -- When work with it is due, for what waits to be done (mail).
    due_at     timestamptz,
    constraint secrets_kind_key primary key (kind, key)
);
create index secrets_owner on vault.secrets (owner);
create index secrets_expires_at on vault.secrets (expires_at) where expires_at is not null;
create index secrets_due_at on vault.secrets (kind, due_at) where due_at is not null;

-- Counters of what is tried: so many since then. They begin anew when their window is over.
create table vault.counters (
    kind   text        not null,
    key    text        not null,
    count  int         not null,
    begins timestamptz not null,
    ends   timestamptz not null,
    constraint counters_kind_key primary key (kind, key)
);
create index counters_ends on vault.counters (ends);

-- One write to the vault:
--   put            keep `value` under (kind, key) from now on
--   destroy        destroy what is under (kind, key)
--   destroy_owned  destroy all that is the owner's; of that kind only, if one is named
create function vault.write(
    operation text, kind text, key text, owner text, value bytea, expires_at timestamptz, due_at timestamptz
) returns void
language sql
set search_path = pg_catalog, pg_temp
begin atomic
    insert into vault.secrets (kind, key, owner, value, expires_at, due_at)
    select write.kind, write.key, write.owner, write.value, write.expires_at, write.due_at
    where write.operation = 'put'
    on conflict on constraint secrets_kind_key do update
        set owner = excluded.owner, value = excluded.value,
            expires_at = excluded.expires_at, due_at = excluded.due_at;
    delete from vault.secrets s
    where write.operation = 'destroy' and s.kind = write.kind and s.key = write.key;
    delete from vault.secrets s
    where write.operation = 'destroy_owned' and s.owner = write.owner
      and (write.kind = '' or s.kind = write.kind);
end;

-- The door, for a batch in which commands have secrets: journal.append, and in the same transaction what the commands that
-- were appended put into the vault or destroy there, in that order. Answers as journal.append does.
create function journal.append_with_secrets(
    event_command        int[],
    event_aggregate_type text[],
    event_aggregate_id   text[],
    event_sequence       bigint[],
    event_type           text[],
    event_version        text[],
    event_payload        text[],
    event_metadata       text[],
    claim_command        int[],
    claim_key            uuid[],
    claim_offset         int[],
    seen_aggregate_type  text[],
    seen_aggregate_id    text[],
    seen_version         bigint[],
    secret_command       int[],
    secret_operation     text[],
    secret_kind          text[],
    secret_key           text[],
    secret_owner         text[],
    secret_value         bytea[],
    secret_expires_at    timestamptz[],
    secret_due_at        timestamptz[]
) returns table (outcome text, command int, number bigint, claim int)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    answer       record;
    whole        boolean := false;
    appended     int[]   := '{}';
begin
    for answer in
        select a.outcome, a.command, a.number, a.claim
        from journal.append(
            event_command, event_aggregate_type, event_aggregate_id, event_sequence,
            event_type, event_version, event_payload, event_metadata,
            claim_command, claim_key, claim_offset,
            seen_aggregate_type, seen_aggregate_id, seen_version) a
    loop
        whole := whole or answer.outcome = 'batch';
        if answer.outcome = 'appended' then
            appended := appended || answer.command;
        end if;
        return query select answer.outcome, answer.command, answer.number, answer.claim;
    end loop;
    -- Commands without events are in no 'batch': they appended nothing, so they keep nothing.
    for answer in
        select s.operation, s.kind, s.key, s.owner, s.value, s.expires_at, s.due_at
        from unnest(secret_command, secret_operation, secret_kind, secret_key, secret_owner, secret_value,
                    secret_expires_at, secret_due_at)
            with ordinality as s (command, operation, kind, key, owner, value, expires_at, due_at, ordinality)
        where (whole and s.command = any (event_command)) or s.command = any (appended)
        order by s.ordinality
    loop
        perform vault.write(answer.operation, answer.kind, answer.key, answer.owner, answer.value,
                            answer.expires_at, answer.due_at);
    end loop;
end $$;

revoke all on function vault.write(text, text, text, text, bytea, timestamptz, timestamptz) from public;
revoke all on function journal.append_with_secrets(
    int[], text[], text[], bigint[], text[], text[], text[], text[], int[], uuid[], int[], text[], text[], bigint[],
    int[], text[], text[], text[], text[], bytea[], timestamptz[], timestamptz[]) from public;
grant usage on schema vault to daybook_server;
grant select, insert, update, delete on vault.secrets, vault.counters to daybook_server;
grant execute on function
    vault.write(text, text, text, text, bytea, timestamptz, timestamptz),
    journal.append_with_secrets(
        int[], text[], text[], bigint[], text[], text[], text[], text[], int[], uuid[], int[], text[], text[], bigint[],
        int[], text[], text[], text[], text[], bytea[], timestamptz[], timestamptz[])
    to daybook_server;
