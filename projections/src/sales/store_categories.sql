insert into sales_category (product_id, department, category)
select * from unnest($1::uuid[], $2::text[], $3::text[])
on conflict on constraint sales_category_product do update
set department = excluded.department,
    category   = excluded.category
