select payment_id, body
from attention_payment
where payment_id = any($1)
