select key, currency, count(order_id) as orders, sum(lines)::bigint as lines, sum(units)::bigint as units,
       sum(gross)::bigint as gross, sum(discount)::bigint as discount, sum(net)::bigint as net,
       sum(coupon)::bigint as coupon, sum(refunds)::bigint as refunds
from per_order
group by key, currency
union all
select null, currency, count(distinct order_id), sum(lines)::bigint, sum(units)::bigint,
       sum(gross)::bigint, sum(discount)::bigint, sum(net)::bigint,
       sum(coupon)::bigint, sum(refunds)::bigint
from per_order
group by currency
order by 1, 2
