select account_id, body
from account_directory
where account_id = any($1)
