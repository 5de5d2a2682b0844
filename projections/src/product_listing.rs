//! `product_listing`: products to browse, filter, sort and search, a page at a time.
//!
//! A view over two kinds of streams, products and stock, which arrive in any order between them:
//! what a stock item can still promise is kept beside, whether its product is known yet or
//! not, so both orders end in the same rows. An item says only whether it is in stock, not how many
//! are left: a sale then touches one narrow row, and the item only when the last unit goes.

mod document;
mod post;
mod read;

use crate::projection::{self, Projection};

pub use read::{ListingFilter, ListingSort, PublicationFilter};

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "product_listing",
    version: 1,
    tables: &[
        "product_listing",
        "product_listing_price",
        "product_listing_sku",
        "product_listing_stock",
    ],
    tables_sql: include_str!("product_listing/tables.sql"),
    indexes_sql: include_str!("product_listing/indexes.sql"),
    aggregate_types: &[domain::product::TYPE, domain::stock::TYPE],
    posts: projection::every_event,
    metadata_of: &[],
    documents: None,
    post: |connection, postings| Box::pin(post::post(connection, postings)),
};

/// Ends each part of a category's path in its stored key. No text holds it.
const CATEGORY_PART_END: char = '\u{1f}';

/// The character that sorts next: ends the range of a prefix.
const CATEGORY_RANGE_END: char = '\u{20}';

/// A category's path as it is stored: a path's prefix is its key's prefix.
fn category_key(path: impl Iterator<Item: AsRef<str>>) -> String {
    path.fold(String::new(), |key, part| {
        key + part.as_ref() + CATEGORY_PART_END.encode_utf8(&mut [0; 4])
    })
}
