insert into customer_orders_payment (payment_id, body)
select * from unnest($1::uuid[], $2::text[])
on conflict on constraint customer_orders_payment_payment do update
set body = excluded.body
