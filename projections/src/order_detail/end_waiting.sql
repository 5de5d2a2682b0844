delete from order_detail_payment
where payment_id = any($1)
