select product_id, body
from product_page
where product_id = any($1)
