//! What has happened to a product.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kind::event_kinds;
use crate::value::{Money, ProductId, Prose, Sku, Slug, TaxRate, Text};

/// An event of a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ProductEvent {
    /// The product was made. Claims the slug.
    ProductCreated {
        /// Its id.
        product_id: ProductId,
        /// Its name in addresses.
        slug: Slug,
        /// Its name.
        name: Text,
        /// The path of its category, widest first.
        category: Vec<Text>,
        /// Who makes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        brand: Option<Text>,
        /// What it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Prose>,
    },
    /// What is said about it changed; everything is as it is now.
    ProductRevised {
        /// Its name.
        name: Text,
        /// The path of its category, widest first.
        category: Vec<Text>,
        /// Who makes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        brand: Option<Text>,
        /// What it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Prose>,
    },
    /// A variant was added. Claims the SKU.
    VariantAdded {
        /// Its SKU.
        sku: Sku,
        /// Its own name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Text>,
        /// What sets it apart.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        attributes: BTreeMap<Text, Text>,
        /// Its tax rate.
        tax_bp: TaxRate,
    },
    /// What is said about a variant changed; everything is as it is now.
    VariantRevised {
        /// Its SKU.
        sku: Sku,
        /// Its own name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Text>,
        /// What sets it apart.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        attributes: BTreeMap<Text, Text>,
        /// Its tax rate.
        tax_bp: TaxRate,
    },
    /// A variant is sold no more.
    VariantDiscontinued {
        /// Its SKU.
        sku: Sku,
    },
    /// A variant has this price in this currency from now on.
    PriceSet {
        /// Its SKU.
        sku: Sku,
        /// The price of one unit, before tax.
        price: Money,
    },
    /// It is for sale.
    ProductPublished {},
    /// It is not for sale.
    ProductUnpublished {},
}

event_kinds!(
    ProductEvent,
    "product",
    [
        ProductCreated "1",
        ProductRevised "1",
        VariantAdded "1",
        VariantRevised "1",
        VariantDiscontinued "1",
        PriceSet "1",
        ProductPublished "1",
        ProductUnpublished "1",
    ]
);
