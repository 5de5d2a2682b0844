//! What the list tells of one product.

use domain::Event;
use domain::product::ProductEvent;
use domain::value::{Money, ProductId, Sku, Slug, Text, Timestamp};
use serde::{Deserialize, Serialize};

use crate::fold::StreamDocument;
use crate::prices::{lowest, set_price};
use crate::projection::{PostError, Posting};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ListingItem {
    pub id: ProductId,
    pub version: u64,
    pub slug: Slug,
    pub name: Text,
    pub category: Vec<Text>,
    pub brand: Option<Text>,
    pub published: bool,
    pub in_stock: bool,
    /// The lowest of each currency.
    pub prices: Vec<Money>,
    created_at: Timestamp,
    /// Those that are sold, in the order in which they were added.
    pub variants: Vec<Variant>,
    /// In the row, and not told.
    #[serde(skip)]
    pub created_position: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Variant {
    pub sku: Sku,
    name: Option<Text>,
    pub in_stock: bool,
    prices: Vec<Money>,
}

impl StreamDocument for ListingItem {
    fn open(first: &Posting) -> Result<Self, PostError> {
        let Event::Product(ProductEvent::ProductCreated {
            product_id,
            slug,
            name,
            category,
            brand,
            ..
        }) = &first.event
        else {
            let found = first.event.event_type();
            return Err(first.poison(format!("a product begins with ProductCreated, not {found}")));
        };
        Ok(Self {
            id: *product_id,
            version: 1,
            slug: slug.clone(),
            name: name.clone(),
            category: category.clone(),
            brand: brand.clone(),
            published: false,
            in_stock: false,
            prices: Vec::new(),
            created_at: first.recorded_at,
            variants: Vec::new(),
            created_position: first.position,
        })
    }

    fn evolve(&mut self, posting: &Posting) {
        self.version = posting.sequence;
        if let Event::Product(event) = &posting.event {
            self.happened(event);
        }
    }

    fn derive(&mut self) {
        self.in_stock = self.variants.iter().any(|variant| variant.in_stock);
        self.prices = lowest(self.variants.iter().flat_map(|variant| &variant.prices));
    }

    fn version(&self) -> u64 {
        self.version
    }
}

impl ListingItem {
    fn happened(&mut self, event: &ProductEvent) {
        match event {
            ProductEvent::ProductRevised {
                name,
                category,
                brand,
                ..
            } => {
                self.name = name.clone();
                self.category.clone_from(category);
                self.brand.clone_from(brand);
            }
            ProductEvent::VariantAdded { sku, name, .. } => self.variants.push(Variant {
                sku: sku.clone(),
                name: name.clone(),
                in_stock: false,
                prices: Vec::new(),
            }),
            ProductEvent::VariantRevised { sku, name, .. } => {
                self.variant(sku, |variant| variant.name.clone_from(name));
            }
            ProductEvent::VariantDiscontinued { sku } => {
                self.variants.retain(|variant| variant.sku != *sku)
            }
            ProductEvent::PriceSet { sku, price } => {
                self.variant(sku, |variant| set_price(&mut variant.prices, *price))
            }
            ProductEvent::ProductPublished {} => self.published = true,
            ProductEvent::ProductUnpublished {} => self.published = false,
            ProductEvent::ProductCreated { .. } => {}
        }
    }

    fn variant(&mut self, sku: &Sku, change: impl FnOnce(&mut Variant)) {
        if let Some(variant) = self.variants.iter_mut().find(|variant| variant.sku == *sku) {
            change(variant);
        }
    }

    /// What is searched with less weight than the name: brand, slug, SKUs.
    pub fn details(&self) -> String {
        let skus = self.variants.iter().map(|variant| variant.sku.as_str());
        let words = self
            .brand
            .as_deref()
            .into_iter()
            .chain([self.slug.as_str()])
            .chain(skus);
        words.collect::<Vec<_>>().join(" ")
    }
}
