insert into sales_payment (payment_id, channel)
select * from unnest($1::uuid[], $2::text[])
