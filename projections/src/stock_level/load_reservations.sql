select r.sku, r.location, r.reservation_id, r.order_id, r.line_id, r.quantity, r.is_committed, r.expires_at
from unnest($1::text[], $2::text[], $3::uuid[]) as wanted (sku, location, reservation_id)
join stock_reservation r on r.sku = wanted.sku
    and r.location = wanted.location
    and r.reservation_id = wanted.reservation_id
