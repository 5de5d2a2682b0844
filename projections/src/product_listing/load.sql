select product_id, body
from product_listing
where product_id = any($1)
