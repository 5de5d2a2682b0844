-- $1 work, $2 holder, $3 seconds, $4 most, $5 shards that this worker holds already
update journal.shards
set holder = $2, epoch = epoch + 1, expires_at = clock_timestamp() + make_interval(secs => $3)
where work = $1 and shard in (
    select shard from journal.shards
    where work = $1 and shard <> all ($5) and (expires_at < clock_timestamp() or holder = $2)
    order by shard limit $4
    for update skip locked
)
returning shard, epoch, position
