//! What the rows of a product say before a batch, so that only what changes is written.
//!
//! Prices and stock change often, names and SKUs hardly ever; and what is searched is by far the
//! dearest to write.

use std::collections::BTreeMap;

use domain::value::{Money, Sku, Text};
use uuid::Uuid;

use crate::product_listing::document::ListingItem;

/// The rows of the products that were in the list before the batch.
pub(super) type StoredItems = BTreeMap<Uuid, Stored>;

/// The rows of one product.
#[derive(Debug)]
pub(super) struct Stored {
    name: Text,
    category: Vec<Text>,
    brand: Option<Text>,
    prices: Vec<Money>,
    skus: Vec<(Sku, bool)>,
}

impl From<&ListingItem> for Stored {
    fn from(item: &ListingItem) -> Self {
        let sold = item.variants.iter();
        Self {
            name: item.name.clone(),
            category: item.category.clone(),
            brand: item.brand.clone(),
            prices: item.prices.clone(),
            skus: sold
                .map(|variant| (variant.sku.clone(), variant.in_stock))
                .collect(),
        }
    }
}

impl Stored {
    /// Whether the product is still found by the same words.
    pub fn has_words_of(&self, item: &ListingItem) -> bool {
        let skus = item.variants.iter().map(|variant| &variant.sku);
        self.name == item.name
            && self.category == item.category
            && self.brand == item.brand
            && self.skus.iter().map(|(sku, _)| sku).eq(skus)
    }

    /// Whether it has this price.
    pub fn has_price(&self, price: Money) -> bool {
        self.prices.contains(&price)
    }

    /// Whether it is no longer sold in some currency.
    pub fn has_ended_price(&self, item: &ListingItem) -> bool {
        let mut stored = self.prices.iter();
        stored.any(|old| !item.prices.iter().any(|new| new.currency == old.currency))
    }

    /// Whether it says this of a SKU.
    pub fn has_sku(&self, sku: &Sku, in_stock: bool) -> bool {
        let mut stored = self.skus.iter();
        stored.any(|(known, was)| known == sku && *was == in_stock)
    }
}
