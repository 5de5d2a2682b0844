//! What is known of a product.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::ProductEvent;
use crate::value::{Currency, Money, ProductId, Prose, Sku, Slug, TaxRate, Text};

/// A product. The default is one that was not created yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Product {
    profile: Option<Arc<Profile>>,
    variants: Arc<BTreeMap<Sku, Variant>>,
    publication: Publication,
}

/// What is said about a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Its id.
    pub product_id: ProductId,
    /// Its name in addresses.
    pub slug: Slug,
    /// Its name.
    pub name: Text,
    /// The path of its category, widest first.
    pub category: Vec<Text>,
    /// Who makes it.
    pub brand: Option<Text>,
    /// What it is.
    pub description: Option<Prose>,
}

/// Whether a product is for sale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Publication {
    /// It is not.
    #[default]
    Unpublished,
    /// It is.
    Published,
}

/// A variant of a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// Its own name.
    pub name: Option<Text>,
    /// What sets it apart.
    pub attributes: BTreeMap<Text, Text>,
    /// Its tax rate.
    pub tax_bp: TaxRate,
    /// The price of one unit in minor units, by currency.
    pub prices: BTreeMap<Currency, i64>,
    /// Whether it is still sold.
    pub status: VariantStatus,
}

/// Whether a variant is still sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VariantStatus {
    /// It is.
    Active,
    /// It is not, and never will be again.
    Discontinued,
}

impl Variant {
    /// The price of one unit in `currency`, if it has one.
    #[must_use]
    pub fn price(&self, currency: Currency) -> Option<Money> {
        let minor = *self.prices.get(&currency)?;
        Some(Money::new(minor, currency))
    }

    /// Whether it can be sold at all: active, with some price.
    #[must_use]
    pub fn is_saleable(&self) -> bool {
        self.status == VariantStatus::Active && !self.prices.is_empty()
    }
}

impl Product {
    /// What is said about it; nothing before it was created.
    #[must_use]
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_deref()
    }

    /// Its id, once created.
    #[must_use]
    pub fn id(&self) -> Option<ProductId> {
        self.profile().map(|profile| profile.product_id)
    }

    /// Its variants by SKU, discontinued ones included.
    #[must_use]
    pub fn variants(&self) -> &BTreeMap<Sku, Variant> {
        &self.variants
    }

    /// The variant of `sku`.
    #[must_use]
    pub fn variant(&self, sku: &Sku) -> Option<&Variant> {
        self.variants.get(sku)
    }

    /// Whether it is for sale.
    #[must_use]
    pub fn publication(&self) -> Publication {
        self.publication
    }

    /// Takes `event` into account.
    pub fn evolve(&mut self, event: &ProductEvent) {
        match event {
            ProductEvent::ProductCreated {
                product_id,
                slug,
                name,
                category,
                brand,
                description,
            } => {
                self.profile = Some(Arc::new(Profile {
                    product_id: *product_id,
                    slug: slug.clone(),
                    name: name.clone(),
                    category: category.clone(),
                    brand: brand.clone(),
                    description: description.clone(),
                }));
            }
            ProductEvent::ProductRevised {
                name,
                category,
                brand,
                description,
            } => {
                if let Some(profile) = &mut self.profile {
                    let profile = Arc::make_mut(profile);
                    profile.name = name.clone();
                    profile.category.clone_from(category);
                    profile.brand.clone_from(brand);
                    profile.description.clone_from(description);
                }
            }
            ProductEvent::ProductPublished {} => self.publication = Publication::Published,
            ProductEvent::ProductUnpublished {} => self.publication = Publication::Unpublished,
            ProductEvent::VariantAdded { .. }
            | ProductEvent::VariantRevised { .. }
            | ProductEvent::VariantDiscontinued { .. }
            | ProductEvent::PriceSet { .. } => {
                evolve_variants(Arc::make_mut(&mut self.variants), event);
            }
        }
    }
}

fn evolve_variants(variants: &mut BTreeMap<Sku, Variant>, event: &ProductEvent) {
    match event {
        ProductEvent::VariantAdded {
            sku,
            name,
            attributes,
            tax_bp,
        } => {
            let added = Variant {
                name: name.clone(),
                attributes: attributes.clone(),
                tax_bp: *tax_bp,
                prices: BTreeMap::new(),
                status: VariantStatus::Active,
            };
            variants.insert(sku.clone(), added);
        }
        ProductEvent::VariantRevised {
            sku,
            name,
            attributes,
            tax_bp,
        } => {
            if let Some(variant) = variants.get_mut(sku) {
                variant.name.clone_from(name);
                variant.attributes.clone_from(attributes);
                variant.tax_bp = *tax_bp;
            }
        }
        ProductEvent::VariantDiscontinued { sku } => {
            if let Some(variant) = variants.get_mut(sku) {
                variant.status = VariantStatus::Discontinued;
            }
        }
        ProductEvent::PriceSet { sku, price } => {
            if let Some(variant) = variants.get_mut(sku) {
                variant.prices.insert(price.currency, price.minor);
            }
        }
        ProductEvent::ProductCreated { .. }
        | ProductEvent::ProductRevised { .. }
        | ProductEvent::ProductPublished {}
        | ProductEvent::ProductUnpublished {} => {}
    }
}
