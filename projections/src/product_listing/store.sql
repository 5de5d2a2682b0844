insert into product_listing (product_id, version, published, in_stock, created_position, name_key, category_key,
                             search, body)
select product_id, version, published, in_stock, created_position, name_key, category_key,
       setweight(to_tsvector('pg_catalog.simple', name), 'A')
           || setweight(to_tsvector('pg_catalog.simple', details), 'B')
           || setweight(to_tsvector('pg_catalog.simple', category), 'C'),
       body
from unnest($1::uuid[], $2::bigint[], $3::boolean[], $4::boolean[], $5::bigint[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::text[], $11::text[])
    as item (product_id, version, published, in_stock, created_position, name_key, category_key,
             name, details, category, body)
on conflict on constraint product_listing_product do update
set version      = excluded.version,
    published    = excluded.published,
    in_stock     = excluded.in_stock,
    name_key     = excluded.name_key,
    category_key = excluded.category_key,
    search       = excluded.search,
    body         = excluded.body
