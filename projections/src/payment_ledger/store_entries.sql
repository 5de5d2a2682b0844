insert into payment_ledger (position, entry_id, order_id, payment_id, body)
select * from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[])
