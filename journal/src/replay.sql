select position, recorded_at, sequence, aggregate_type, aggregate_id, event_type, event_version, payload::text,
       case when aggregate_type = any($4) then metadata::text end
from journal.events
where position > $1 and position <= $2 and aggregate_type = any($3)
order by position
