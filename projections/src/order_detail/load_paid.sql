select order_id, body
from order_detail
where payment_id = any($1) and payment_id is not null
