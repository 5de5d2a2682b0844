-- Each filter has the list's order behind it, so that a page is a short stretch of one index.
create index customer_orders_placed_at on customer_orders (placed_at, order_id);
create index customer_orders_customer on customer_orders (customer, placed_at, order_id);
create index customer_orders_status on customer_orders (status, placed_at, order_id);
create index customer_orders_channel on customer_orders (channel, placed_at, order_id);
