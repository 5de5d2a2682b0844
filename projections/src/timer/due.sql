select kind, subject, due_at
from query.timer
where due_at <= $1
order by due_at, kind, subject
limit $2
