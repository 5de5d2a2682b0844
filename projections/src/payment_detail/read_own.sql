select version, 0::bigint as revision, false as published, $2::text as owner, body
from query.payment_detail
where payment_id = $1
  and exists (select 1 from query.order_detail where order_detail.payment_id = $1 and customer = $2)
