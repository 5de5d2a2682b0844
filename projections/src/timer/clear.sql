delete from timer t
using unnest($1::text[], $2::uuid[]) as cleared (kind, subject)
where t.kind = cleared.kind and t.subject = cleared.subject
