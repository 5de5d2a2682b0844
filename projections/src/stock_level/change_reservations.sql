update stock_reservation r
set order_id     = changed.order_id,
    line_id      = changed.line_id,
    quantity     = changed.quantity,
    is_committed = changed.is_committed,
    expires_at   = changed.expires_at
from unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[], $7::boolean[],
            $8::timestamptz[])
    as changed (sku, location, reservation_id, order_id, line_id, quantity, is_committed, expires_at)
where r.sku = changed.sku
  and r.location = changed.location
  and r.reservation_id = changed.reservation_id
