insert into sales_refund (position, sku, payment_id, refunded_at, currency, amount)
select * from unnest($1::bigint[], $2::text[], $3::uuid[], $4::timestamptz[], $5::text[], $6::bigint[])
