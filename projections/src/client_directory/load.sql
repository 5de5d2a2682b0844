select client_id, body
from client_directory
where client_id = any($1)
