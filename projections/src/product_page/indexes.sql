-- Not unique: that a slug is given once is the journal's promise, and kept there by a claim.
create index product_page_slug on product_page (slug);
