//! What is told of one product.

use std::collections::BTreeMap;

use domain::Event;
use domain::product::{ProductEvent, VariantStatus};
use domain::value::{Money, ProductId, Prose, Sku, Slug, TaxRate, Text, Timestamp};
use serde::{Deserialize, Serialize};

use crate::fold::StreamDocument;
use crate::prices::set_price;
use crate::projection::{PostError, Posting};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ProductDocument {
    id: ProductId,
    pub version: u64,
    pub slug: Slug,
    name: Text,
    category: Vec<Text>,
    brand: Option<Text>,
    description: Option<Prose>,
    pub published: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// In the order in which they were added.
    variants: Vec<Variant>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Variant {
    sku: Sku,
    name: Option<Text>,
    attributes: BTreeMap<Text, Text>,
    tax_bp: TaxRate,
    /// By currency.
    prices: Vec<Money>,
    status: VariantStatus,
}

impl StreamDocument for ProductDocument {
    fn open(first: &Posting) -> Result<Self, PostError> {
        let Event::Product(ProductEvent::ProductCreated {
            product_id,
            slug,
            name,
            category,
            brand,
            description,
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
            description: description.clone(),
            published: false,
            created_at: first.recorded_at,
            updated_at: first.recorded_at,
            variants: Vec::new(),
        })
    }

    fn evolve(&mut self, posting: &Posting) {
        self.version = posting.sequence;
        self.updated_at = posting.recorded_at;
        if let Event::Product(event) = &posting.event {
            self.happened(event);
        }
    }

    fn version(&self) -> u64 {
        self.version
    }
}

impl ProductDocument {
    fn happened(&mut self, event: &ProductEvent) {
        match event {
            ProductEvent::ProductRevised {
                name,
                category,
                brand,
                description,
            } => {
                self.name = name.clone();
                self.category.clone_from(category);
                self.brand.clone_from(brand);
                self.description.clone_from(description);
            }
            ProductEvent::VariantAdded {
                sku,
                name,
                attributes,
                tax_bp,
            } => self.variants.push(Variant {
                sku: sku.clone(),
                name: name.clone(),
                attributes: attributes.clone(),
                tax_bp: *tax_bp,
                prices: Vec::new(),
                status: VariantStatus::Active,
            }),
            ProductEvent::VariantRevised {
                sku,
                name,
                attributes,
                tax_bp,
            } => self.variant(sku, |variant| {
                variant.name.clone_from(name);
                variant.attributes.clone_from(attributes);
                variant.tax_bp = *tax_bp;
            }),
            ProductEvent::VariantDiscontinued { sku } => {
                self.variant(sku, |variant| variant.status = VariantStatus::Discontinued);
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
}
