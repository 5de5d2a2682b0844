insert into attention (payment_id, position, body)
select * from unnest($1::uuid[], $2::bigint[], $3::text[])
on conflict on constraint attention_payment_case do update
set position = excluded.position,
    body     = excluded.body
