insert into product_page (product_id, slug, version, published, body)
select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::boolean[], $5::text[])
on conflict on constraint product_page_product do update
set version   = excluded.version,
    published = excluded.published,
    body      = excluded.body
