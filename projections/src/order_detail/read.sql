select version, revision, false as published, body
from query.order_detail
where order_id = $1
