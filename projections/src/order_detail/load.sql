select order_id, body
from order_detail
where order_id = any($1)
