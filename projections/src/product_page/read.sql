select version, 0::bigint as revision, published, null::text as owner, body
from query.product_page
where product_id = $1 or slug = $2
order by (product_id is not distinct from $1) desc, product_id
limit 1
