delete from product_listing_price p
where p.product_id = any($1)
  and not exists (
    select from unnest($2::uuid[], $3::text[]) as kept (product_id, currency)
    where kept.product_id = p.product_id and kept.currency = p.currency)
