insert into payment_ledger_line (account, position, line, gateway, currency, minor)
select * from unnest($1::text[], $2::bigint[], $3::int[], $4::text[], $5::text[], $6::bigint[])
