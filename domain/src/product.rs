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

use crate::facts::FactSource;
use crate::rejection::Rejection;

/// The aggregate's type, as in stream ids.
pub const TYPE: &str = "product";

impl cqrs_es::Aggregate for Product {
    const TYPE: &'static str = TYPE;
    type Command = ProductCommand;
    type Event = ProductEvent;
    type Error = Rejection;
    type Services = FactSource;

    async fn handle(
        &mut self,
        command: ProductCommand,
        source: &FactSource,
        sink: &cqrs_es::event_sink::EventSink<Self>,
    ) -> Result<(), Rejection> {
        for event in decide(self, command, &source.facts())? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: ProductEvent) {
        self.evolve(&event);
    }
}
