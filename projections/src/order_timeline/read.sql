select body
from query.order_timeline
where (aggregate_id, aggregate_type) in (($1, $2), ($3, $4))
order by position
limit $5
