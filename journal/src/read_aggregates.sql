select position, recorded_at, sequence, aggregate_type, aggregate_id, event_type, event_version,
       payload::text, metadata::text
from journal.events
where aggregate_type = $1 and position > $2
order by position
limit $3
