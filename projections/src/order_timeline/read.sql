select body
from query.order_timeline
where (aggregate_id, aggregate_type) in (($1, $2), ($3, $4))
  and ($6::text is null or exists (select 1 from query.order_detail where order_id = $1 and customer = $6))
order by position
limit $5
