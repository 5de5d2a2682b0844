select version, 0::bigint as revision, false as published, null::text as owner, body
from query.client_directory
where client_id = $1
