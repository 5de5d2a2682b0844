insert into sales_line (order_id, line_id, placed_at, sku, channel, currency,
                        units, gross, discount, net, coupon, ordered, coupon_ordered)
select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[],
                     $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
                     $13::bigint[])
