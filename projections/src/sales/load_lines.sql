select order_id, line_id, placed_at, sku, channel, currency, units, gross, discount, net, coupon, ordered, coupon_ordered
from sales_line
where order_id = any($1)
