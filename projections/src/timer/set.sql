insert into timer (kind, subject, due_at)
select * from unnest($1::text[], $2::uuid[], $3::timestamptz[])
on conflict on constraint timer_timer do update
set due_at = excluded.due_at
