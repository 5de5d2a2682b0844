select payment_id, body
from customer_orders_payment
where payment_id = any($1)
