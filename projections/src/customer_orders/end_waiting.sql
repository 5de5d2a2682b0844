delete from customer_orders_payment
where payment_id = any($1)
