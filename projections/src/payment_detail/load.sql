select payment_id, body
from payment_detail
where payment_id = any($1)
