-- The door: the only way into journal.events and journal.claims.
--
-- One call, one transaction, one round trip, a batch of commands. A command's events may
-- belong to several streams; it is appended whole or not at all.
--
--   event_*         one element per event, in the order in which they are to be numbered;
--                   event_command is the index (from 0, ascending) of the event's command.
--   claim_*         one element per claim. claim_offset is the offset (from 0) of the first event
--                   of the claiming command; null only asks whether the key is taken.
--   seen_*          streams that a decision relied on without writing to them, with the version
--                   (0: not there) at which each was seen.
--
-- Answers, one row each:
--   ('batch',    null,    first position)    fast path: everything was appended, numbered from here
--   ('appended', command, first position)    careful path: this command was appended
--   ('conflict', command, current version)   one of its streams was not where the command saw it
--   ('claimed',  command, position, claim)   the claim (its index) is held by the event at position
--   ('stale',    null,    index)             the stream seen_*[index] (from 0) is not at that version
--
-- Order and density: the advisory lock is taken first; the last position is read by a *new*
-- statement, which in READ COMMITTED sees all that was committed before the lock was granted;
-- the lock goes with the end of the transaction, when the batch is visible. A roll-back leaves
-- no trace. In another isolation level the second statement would look at an old snapshot,
-- so the function refuses to run there.
create function journal.append(
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
    seen_version         bigint[]
) returns table (outcome text, command int, number bigint, claim int)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- Every look-up is one of an index by its whole key. A plan that was cached while the tables
-- were small would scan them (measured: 150 orders/s instead of 750 until autovacuum came by). And the plan
-- is the same for all values, so it is made once. Where a row may be missing, it is asked for by a scalar subquery:
-- `not exists` after an `or` becomes a hash of the whole table, which no setting prevents.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
as $$
declare
    last_position bigint;
    now_recorded  timestamptz;
    gap           boolean;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'journal.append runs in READ COMMITTED only, not in %',
            upper(current_setting('transaction_isolation'))
            using errcode = 'invalid_transaction_state',
                  hint = 'Begin the transaction with ISOLATION LEVEL READ COMMITTED.';
    end if;

    if cardinality(event_command) > 0 then
        perform pg_advisory_xact_lock(journal.append_lock());
    end if;

    -- What rejections and read-only parts of decisions relied on.
    return query
        select 'stale', null::int, seen.ordinality - 1, null::int
        from unnest(seen_aggregate_type, seen_aggregate_id, seen_version)
            with ordinality as seen (aggregate_type, aggregate_id, version, ordinality)
        where (
            select e.sequence from journal.events e
            where e.aggregate_type = seen.aggregate_type
              and e.aggregate_id = seen.aggregate_id
              and e.sequence = seen.version + 1) is not null
           or (seen.version > 0 and (
            select e.sequence from journal.events e
            where e.aggregate_type = seen.aggregate_type
              and e.aggregate_id = seen.aggregate_id
              and e.sequence = seen.version) is null);

    -- Questions: is this key taken?
    return query
        select 'claimed', asked.command, c.position, (asked.ordinality - 1)::int
        from unnest(claim_command, claim_key, claim_offset)
            with ordinality as asked (command, key, first, ordinality)
        join journal.claims c on c.key = asked.key
        where asked.first is null;

    if cardinality(event_command) = 0 then
        return;
    end if;

    select coalesce(max(e.position), 0) into last_position from journal.events e;
    now_recorded := clock_timestamp();

    -- The unique key alone would let a gap through: the predecessor of each stream's first
    -- event must be there, and the stream's events in this batch must be consecutive.
    select exists (
        select from (
            select i.aggregate_type, i.aggregate_id, min(i.sequence) as first_sequence,
                   max(i.sequence) - min(i.sequence) + 1 <> count(*) as broken
            from unnest(event_aggregate_type, event_aggregate_id, event_sequence)
                as i (aggregate_type, aggregate_id, sequence)
            group by i.aggregate_type, i.aggregate_id) s
        where s.broken
           or (s.first_sequence > 1 and (
                select e.sequence from journal.events e
                where e.aggregate_type = s.aggregate_type
                  and e.aggregate_id = s.aggregate_id
                  and e.sequence = s.first_sequence - 1) is null))
    into gap;

    if not gap then
        begin
            insert into journal.claims (key, position)
            select i.key, last_position + 1 + i.first
            from unnest(claim_key, claim_offset) as i (key, first)
            where i.first is not null;

            insert into journal.events (position, recorded_at, sequence, aggregate_type, aggregate_id,
                                        event_type, event_version, payload, metadata)
            select last_position + i.ordinality, now_recorded, i.sequence, i.aggregate_type, i.aggregate_id,
                   i.type, i.version, i.payload::json, i.metadata::json
            from unnest(event_sequence, event_aggregate_type, event_aggregate_id,
                        event_type, event_version, event_payload, event_metadata)
                with ordinality as i (sequence, aggregate_type, aggregate_id,
                                      type, version, payload, metadata, ordinality);

            return query select 'batch', null::int, last_position + 1, null::int;
            return;
        exception when unique_violation then
            null; -- somebody was first: look at each command by itself
        end;
    end if;

    return query select * from journal.append_each(
        last_position, now_recorded,
        event_command, event_aggregate_type, event_aggregate_id, event_sequence,
        event_type, event_version, event_payload, event_metadata,
        claim_command, claim_key, claim_offset);
end $$;

-- The key of the one lock that numbers events: 'daybook' in ASCII.
create function journal.append_lock() returns bigint
language sql immutable as 'select x''646179626f6f6b''::bigint';

-- The careful path, under the lock that journal.append holds: each command is judged by
-- itself, losers are dropped and their neighbours appended. Not granted to anyone.
create function journal.append_each(
    last_position        bigint,
    now_recorded         timestamptz,
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
    claim_offset         int[]
) returns table (outcome text, command int, number bigint, claim int)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    repeats  int[];
    judged   record;
    taken    record;
    moved    bigint;
    appended bigint;
begin
    -- Claims held by earlier batches, all at once: an import that was started again is little else.
    select coalesce(array_agg(distinct k.command), '{}') into repeats
    from unnest(claim_command, claim_key, claim_offset) as k (command, key, first)
    join journal.claims c on c.key = k.key
    where k.first is not null;
    return query
        select distinct on (k.command) 'claimed', k.command, c.position, (k.ordinality - 1)::int
        from unnest(claim_command, claim_key, claim_offset)
            with ordinality as k (command, key, first, ordinality)
        join journal.claims c on c.key = k.key
        where k.first is not null
        order by k.command, k.ordinality;

    for judged in
        select i.command as index, min(i.ordinality)::int as first, max(i.ordinality)::int as last
        from unnest(event_command) with ordinality as i (command, ordinality)
        where i.command <> all (repeats)
        group by i.command order by i.command
    loop
        -- A claim that an earlier command of this batch holds by now?
        select c.position, (k.ordinality - 1)::int as claim into taken
        from unnest(claim_command, claim_key, claim_offset)
            with ordinality as k (command, key, first, ordinality)
        join journal.claims c on c.key = k.key
        where k.command = judged.index and k.first is not null
        order by k.ordinality limit 1;
        if found then
            return query select 'claimed', judged.index, taken.position, taken.claim;
            continue;
        end if;

        -- A stream that is not where the command saw it? Or sequences that are not consecutive?
        select coalesce(v.version, 0) into moved
        from (
            select i.aggregate_type, i.aggregate_id, min(i.sequence) as first_sequence,
                   max(i.sequence) - min(i.sequence) + 1 <> count(*) as broken
            from unnest(event_aggregate_type[judged.first:judged.last],
                        event_aggregate_id[judged.first:judged.last],
                        event_sequence[judged.first:judged.last])
                as i (aggregate_type, aggregate_id, sequence)
            group by i.aggregate_type, i.aggregate_id) s
        left join lateral (
            select max(e.sequence) as version from journal.events e
            where e.aggregate_type = s.aggregate_type and e.aggregate_id = s.aggregate_id) v on true
        where s.broken or coalesce(v.version, 0) <> s.first_sequence - 1
        limit 1;
        if found then
            return query select 'conflict', judged.index, moved, null::int;
            continue;
        end if;

        insert into journal.claims (key, position)
        select distinct k.key, last_position + 1
        from unnest(claim_command, claim_key, claim_offset) as k (command, key, first)
        where k.command = judged.index and k.first is not null;

        insert into journal.events (position, recorded_at, sequence, aggregate_type, aggregate_id,
                                    event_type, event_version, payload, metadata)
        select last_position + i.ordinality, now_recorded, i.sequence, i.aggregate_type, i.aggregate_id,
               i.type, i.version, i.payload::json, i.metadata::json
        from unnest(event_sequence[judged.first:judged.last],
                    event_aggregate_type[judged.first:judged.last],
                    event_aggregate_id[judged.first:judged.last],
                    event_type[judged.first:judged.last],
                    event_version[judged.first:judged.last],
                    event_payload[judged.first:judged.last],
                    event_metadata[judged.first:judged.last])
            with ordinality as i (sequence, aggregate_type, aggregate_id,
                                  type, version, payload, metadata, ordinality);
        get diagnostics appended = row_count;

        return query select 'appended', judged.index, last_position + 1, null::int;
        last_position := last_position + appended;
    end loop;
end $$;
