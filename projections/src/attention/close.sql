delete from attention
where payment_id = any($1)
