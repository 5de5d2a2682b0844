update sales_line l
set units    = changed.units,
    gross    = changed.gross,
    discount = changed.discount,
    net      = changed.net,
    coupon   = changed.coupon
from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
    as changed (order_id, line_id, units, gross, discount, net, coupon)
where l.order_id = changed.order_id and l.line_id = changed.line_id
