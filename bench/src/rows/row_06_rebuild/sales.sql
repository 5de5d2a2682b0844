-- Each line as it was placed, less what was cancelled of it; nothing of orders that were rejected.
insert into sales_line (order_id, line_id, placed_at, sku, channel, currency,
                        units, gross, discount, net, coupon, ordered, coupon_ordered)
with moved as (
    select e.aggregate_id, l.line_id, o.placed_at, l.sku, coalesce(o.channel, 'shop') as channel, o.currency,
           l.quantity as units, l.gross, l.discount, l.net, l.quantity as ordered, coalesce(l.coupon, 0) as coupon
    from journal.events e
    cross join lateral json_to_record(e.payload -> 'OrderPlaced')
        as o (placed_at timestamptz, channel text, currency text, lines json)
    cross join lateral json_to_recordset(o.lines)
        as l (line_id uuid, sku text, quantity bigint, gross bigint, discount bigint, net bigint, coupon bigint)
    where e.aggregate_type = 'order'
      and e.event_type = 'OrderPlaced'
      and e.aggregate_id not in (
          select r.aggregate_id from journal.events r
          where r.aggregate_type = 'order' and r.event_type = 'OrderRejected')
    union all
    select e.aggregate_id, l.line_id, null, null, null, null,
           -l.quantity, -l.gross, -l.discount, -l.net, 0, 0
    from journal.events e
    cross join lateral json_to_recordset(e.payload -> 'OrderLinesCancelled' -> 'lines')
        as l (line_id uuid, quantity bigint, gross bigint, discount bigint, net bigint)
    where e.aggregate_type = 'order'
      and e.event_type = 'OrderLinesCancelled'
), line as (
    select aggregate_id, line_id, max(placed_at) as placed_at, max(sku) as sku, max(channel) as channel,
           max(currency) as currency, sum(units)::bigint as units, sum(gross)::bigint as gross,
           sum(discount)::bigint as discount, sum(net)::bigint as net, sum(ordered)::bigint as ordered,
           sum(coupon)::bigint as coupon
    from moved
    group by aggregate_id, line_id
    having sum(units) > 0
)
-- The coupon goes with the units, the first ones carrying what does not divide.
select aggregate_id::uuid, line_id, placed_at, sku, channel, currency, units, gross, discount, net,
       coupon / ordered * units + least(units, coupon % ordered), ordered, coupon
from line;

insert into sales_category (product_id, department, category)
select distinct on (e.aggregate_id) e.aggregate_id::uuid, coalesce(path.parts[1], ''), array_to_string(path.parts, ' > ')
from journal.events e
cross join lateral (
    select array(select json_array_elements_text(e.payload -> e.event_type -> 'category')) as parts) as path
where e.aggregate_type = 'product'
  and e.event_type in ('ProductCreated', 'ProductRevised')
order by e.aggregate_id, e.sequence desc;

insert into sales_product (sku, product_id, department, category)
select e.payload -> 'VariantAdded' ->> 'sku', c.product_id, c.department, c.category
from journal.events e
join sales_category c on c.product_id = e.aggregate_id::uuid
where e.aggregate_type = 'product'
  and e.event_type = 'VariantAdded';
