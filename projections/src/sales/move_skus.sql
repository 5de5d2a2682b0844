update sales_product p
set department = c.department,
    category   = c.category
from sales_category c
where c.product_id = p.product_id
  and c.product_id = any($1)
  and (p.department, p.category) is distinct from (c.department, c.category)
