//! A product: variants, prices and publication change together.
//!
//! ```text
//! (nothing) ── CreateProduct ──▶ unpublished ◀── PublishProduct / UnpublishProduct ──▶ published
//!                                     a variant: active ── DiscontinueVariant ──▶ discontinued
//! ```
//!
//! Rules: a slug and a SKU are claimed for ever; the slug never changes; a price is ≥ 0, one per
//! variant and currency; publishing needs an active variant with a price; a discontinued variant
//! stays (its SKU is in old orders) and takes no more prices.

mod command;
mod decide;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::{CreateProduct, NewVariant, Patch, ProductCommand};
pub use decide::{
    ATTRIBUTES_PER_VARIANT_MAX, CATEGORY_PARTS_MAX, PRICE_MINOR_MAX, VARIANTS_PER_PRODUCT_MAX,
    decide,
};
pub use event::ProductEvent;
pub use state::{Product, Profile, Publication, Variant, VariantStatus};

use crate::cqrs::cqrs_aggregate;

/// The aggregate's type, as in stream ids.
pub const TYPE: &str = "product";

cqrs_aggregate!(Product, ProductCommand, ProductEvent, decide);
