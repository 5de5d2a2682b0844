insert into order_detail_payment (payment_id, body)
select * from unnest($1::uuid[], $2::text[])
on conflict on constraint order_detail_payment_payment do update
set body = excluded.body
