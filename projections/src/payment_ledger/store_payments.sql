insert into payment_ledger_payment (payment_id, order_id, gateway)
select * from unnest($1::uuid[], $2::uuid[], $3::text[])
