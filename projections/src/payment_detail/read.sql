select version, 0::bigint as revision, false as published, null::text as owner, body
from query.payment_detail
where payment_id = $1
