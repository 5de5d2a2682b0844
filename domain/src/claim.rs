//! What an event claims for ever: values that are unique in the whole shop.
//!
//! The journal keeps claims beside events and refuses the second one; which
//! events claim what is known only here.

use crate::event::Event;
use crate::product::ProductEvent;
use crate::rejection::Rejection;
use crate::value::{Sku, Slug};

/// A value that may be claimed once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Claim {
    /// A product's slug.
    Slug(Slug),
    /// A variant's SKU.
    Sku(Sku),
}

impl Claim {
    /// What `event` claims, if it claims something.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Product(ProductEvent::ProductCreated { slug, .. }) => {
                Some(Self::Slug(slug.clone()))
            }
            Event::Product(ProductEvent::VariantAdded { sku, .. }) => Some(Self::Sku(sku.clone())),
            _ => None,
        }
    }

    /// The space of names that the value is unique in.
    #[must_use]
    pub const fn namespace(&self) -> &'static str {
        match self {
            Self::Slug(_) => "slug",
            Self::Sku(_) => "sku",
        }
    }

    /// The value itself.
    #[must_use]
    pub fn value(&self) -> &str {
        match self {
            Self::Slug(slug) => slug,
            Self::Sku(sku) => sku,
        }
    }

    /// The answer to whoever comes second; `pointer` is where the command says the value.
    #[must_use]
    pub fn taken(&self, pointer: &str) -> Rejection {
        match self {
            Self::Slug(slug) => Rejection::slug_taken(slug, pointer),
            Self::Sku(sku) => Rejection::sku_taken(sku, pointer),
        }
    }
}
