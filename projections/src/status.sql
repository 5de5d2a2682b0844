with checkpoint as (
    select projection, min(version) as built_version, min(position) as position_low,
           max(position) as position_high, count(*) as partitions, max(failure) as failure
    from projections.checkpoints
    where generation = 'live'
    group by projection
)
select c.built_version, c.position_low, c.position_high, coalesce(c.partitions, 0) as partitions, c.failure,
       (select coalesce(max(position), 0) from journal.events) as head,
       exists (select from journal.leases l
               where l.name = 'projection:' || wanted.name and l.expires_at >= clock_timestamp()) as has_worker,
       exists (select from journal.leases l
               where l.name = 'rebuild:' || wanted.name and l.expires_at >= clock_timestamp()) as is_rebuilding,
       (select min(r.position) from projections.checkpoints r
        where r.projection = wanted.name and r.generation = 'rebuild') as rebuild_position
from unnest($1::text[]) with ordinality as wanted (name, ordinality)
left join checkpoint c on c.projection = wanted.name
order by wanted.ordinality
