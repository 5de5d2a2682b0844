select position, recorded_at, sequence, aggregate_type, aggregate_id, event_type, event_version,
       payload::text, metadata::text
from journal.events
where position > $1
order by position
limit $2
