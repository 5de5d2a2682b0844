create index stock_level_scarcity on stock_level (scarcity);
create index stock_reservation_expires_at on stock_reservation (sku, expires_at, reservation_id);
