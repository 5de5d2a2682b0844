insert into attention_payment (payment_id, body)
select * from unnest($1::uuid[], $2::text[])
