create index stock_level_scarcity on stock_level (scarcity);
