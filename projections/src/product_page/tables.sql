-- One document per product, for sale or not.
create table product_page (
    product_id uuid    not null,
    slug       text collate "C" not null,
    version    bigint  not null,
    published  boolean not null,
    body       text    not null,
    constraint product_page_product primary key (product_id)
);
