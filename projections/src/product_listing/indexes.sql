create index product_listing_name_key on product_listing (name_key, product_id) where published;
create index product_listing_category_key on product_listing (category_key, name_key) where published;
create index product_listing_created_position on product_listing (created_position, product_id) where published;
create index product_listing_price_minor on product_listing_price (currency, minor, product_id);
create index product_listing_search on product_listing using gin (search);
create index product_listing_name_similar on product_listing using gin (name_key gin_trgm_ops);
