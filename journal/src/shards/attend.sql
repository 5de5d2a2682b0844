-- $1 work, $2 holder, $3 seconds: this worker lives; how many do?
with gone as (
    delete from journal.workers
    where work = $1 and holder <> $2 and expires_at < clock_timestamp()
), attending as (
    insert into journal.workers (work, holder, expires_at)
    values ($1, $2, clock_timestamp() + make_interval(secs => $3))
    on conflict on constraint workers_work_holder do update set expires_at = excluded.expires_at
)
select 1 + count(*) from journal.workers
where work = $1 and holder <> $2 and expires_at >= clock_timestamp()
