-- One document per product, for sale or not. Room on each page: a change of price is made in place.
create table product_page (
    product_id uuid    not null,
    slug       text collate "C" not null,
    version    bigint  not null,
    published  boolean not null,
    body       text    not null,
    constraint product_page_product primary key (product_id)
) with (fillfactor = 80);

-- A body is a few kilobytes: lz4 packs it in a tenth of the default's time. A server that was built without it keeps the default.
do $$
begin
    alter table product_page alter column body set compression lz4;
exception when feature_not_supported then
    null;
end
$$;
