-- The door says when: journal.append as in 0003_append.sql, and one row more in its answer,
--
--   ('recorded', null,    microseconds)      recorded_at of all that was appended, since 1970-01-01 UTC
--
-- so that the process that appended knows its events as they were recorded, and its readers need
-- not fetch from the journal what it has just put there.
create or replace function journal.append(
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
    microseconds  bigint;
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
    microseconds := (extract(epoch from now_recorded) * 1000000)::bigint;

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

            return query values
                ('recorded', null::int, microseconds, null::int),
                ('batch',    null,      last_position + 1, null);
            return;
        exception when unique_violation then
            null; -- somebody was first: look at each command by itself
        end;
    end if;

    return query select 'recorded', null::int, microseconds, null::int;
    return query select * from journal.append_each(
        last_position, now_recorded,
        event_command, event_aggregate_type, event_aggregate_id, event_sequence,
        event_type, event_version, event_payload, event_metadata,
        claim_command, claim_key, claim_offset);
end $$;
