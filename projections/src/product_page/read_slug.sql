select version, 0::bigint as revision, published, null::text as owner, body
from query.product_page
where slug = $1
order by product_id
limit 1
