-- The rows are locked in their order first, so that two who want them never hold each other up.
with locked as (
    select partition
    from projections.checkpoints
    where projection = $1 and generation = 'live'
    order by partition
    for update
),
moved as (
    select *
    from unnest($2::bigint[], $3::bigint[], $4::bigint[]) as m (partition, old_position, new_position)
)
update projections.checkpoints c
set position = moved.new_position,
    failure  = null
from locked
join moved on moved.partition = locked.partition
where c.projection = $1
  and c.generation = 'live'
  and c.partition = locked.partition
  and c.position = moved.old_position
  and c.epoch = $5
