select version, revision, false as published, customer as owner, body
from query.order_detail
where order_id = $1
  and ($2::text is null or customer = $2)
