delete from stock_reservation r
using unnest($1::text[], $2::text[], $3::uuid[]) as ended (sku, location, reservation_id)
where r.sku = ended.sku
  and r.location = ended.location
  and r.reservation_id = ended.reservation_id
