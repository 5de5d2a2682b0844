select order_id, body
from customer_orders
where order_id = any($1)
