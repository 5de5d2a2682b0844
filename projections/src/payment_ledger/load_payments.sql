select payment_id, order_id, gateway
from payment_ledger_payment
where payment_id = any($1)
