update stock_reservation r
set quantity   = changed.quantity,
    committed  = changed.committed,
    expires_at = changed.expires_at
from unnest($1::text[], $2::text[], $3::uuid[], $4::bigint[], $5::boolean[], $6::timestamptz[])
    as changed (sku, location, reservation_id, quantity, committed, expires_at)
where r.sku = changed.sku
  and r.location = changed.location
  and r.reservation_id = changed.reservation_id
