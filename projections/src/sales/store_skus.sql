insert into sales_product (sku, product_id, department, category)
select added.sku, added.product_id, c.department, c.category
from unnest($1::text[], $2::uuid[]) as added (sku, product_id)
join sales_category c on c.product_id = added.product_id
on conflict on constraint sales_product_sku do nothing
