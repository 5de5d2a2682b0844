insert into order_timeline (aggregate_type, aggregate_id, position, body)
select * from unnest($1::text[], $2::uuid[], $3::bigint[], $4::text[])
