create index stock_level_uncommitted on stock_level (uncommitted, sku, location);
create index stock_reservation_expires_at on stock_reservation (sku, expires_at, reservation_id);
