select e.position, e.recorded_at, e.sequence, e.aggregate_type, e.aggregate_id, e.event_type, e.event_version,
       e.payload::text, e.metadata::text
from unnest($1::text[], $2::text[], $3::bigint[]) as wanted (aggregate_type, aggregate_id, after)
join lateral (
    select * from journal.events e
    where e.aggregate_type = wanted.aggregate_type
      and e.aggregate_id = wanted.aggregate_id
      and e.sequence > wanted.after
    order by e.sequence) e on true
