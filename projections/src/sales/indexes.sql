create index sales_line_placed_at on sales_line (placed_at);
create index sales_product_product_id on sales_product (product_id);
create index sales_refund_refunded_at on sales_refund (refunded_at);
