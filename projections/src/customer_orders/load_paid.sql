select order_id, body
from customer_orders
where payment_id = any($1) and payment_id is not null
