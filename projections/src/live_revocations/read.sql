-- One statement, so that the rows are those of the position.
select c.position, r.kind, r.id, r.until
from (select min(position) as position
      from projections.checkpoints
      where projection = 'live_revocations' and generation = 'live') c
left join query.live_revocations r on r.until > $1
where c.position is not null
