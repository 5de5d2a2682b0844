-- $1 work, $2 holder, $3 seconds (none: it is given back), $4 shards, $5 their epochs, $6 their checkpoints
update journal.shards held
set position = stored.position,
    expires_at = coalesce(clock_timestamp() + make_interval(secs => $3), '-infinity')
from unnest($4::integer[], $5::bigint[], $6::bigint[]) as stored (shard, epoch, position)
where held.work = $1 and held.holder = $2
  and held.shard = stored.shard and held.epoch = stored.epoch
returning held.shard
