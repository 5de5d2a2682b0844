update product_listing p
set version   = item.version,
    published = item.published,
    in_stock  = item.in_stock,
    body      = item.body
from unnest($1::uuid[], $2::bigint[], $3::boolean[], $4::boolean[], $5::text[])
    as item (product_id, version, published, in_stock, body)
where p.product_id = item.product_id
