insert into payment_ledger_order (order_id, currency)
select * from unnest($1::uuid[], $2::text[])
