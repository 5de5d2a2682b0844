//! What may be asked of a product.

use std::collections::BTreeMap;

use crate::value::{Money, ProductId, Prose, Sku, Slug, TaxRate, Text};

/// A field of a revision that may also be emptied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Leave it as it is.
    #[default]
    Keep,
    /// Put this in its place.
    Set(T),
    /// Empty it.
    Clear,
}

impl<T: Clone> Patch<T> {
    /// What is there after the revision.
    pub(crate) fn applied(self, current: Option<&T>) -> Option<T> {
        match self {
            Self::Keep => current.cloned(),
            Self::Set(value) => Some(value),
            Self::Clear => None,
        }
    }
}

/// A command to a product.
#[derive(Debug, Clone, PartialEq)]
pub enum ProductCommand {
    /// Make a product, with variants, prices and publication in one go if they are known.
    CreateProduct(CreateProduct),
    /// Change what is said about it. The slug stays.
    ReviseProduct {
        /// A new name.
        name: Option<Text>,
        /// A new category path.
        category: Option<Vec<Text>>,
        /// The brand.
        brand: Patch<Text>,
        /// The description.
        description: Patch<Prose>,
    },
    /// Add a variant, with its prices if they are known.
    AddVariant(NewVariant),
    /// Change what is said about a variant. The SKU stays.
    ReviseVariant {
        /// Which variant.
        sku: Sku,
        /// Its own name.
        name: Patch<Text>,
        /// All its attributes anew.
        attributes: Option<BTreeMap<Text, Text>>,
        /// Its tax rate.
        tax_bp: Option<TaxRate>,
    },
    /// Sell it no more.
    DiscontinueVariant {
        /// Which variant.
        sku: Sku,
    },
    /// Set the price of a variant in one currency.
    SetPrice {
        /// Which variant.
        sku: Sku,
        /// The price of one unit, before tax; ≥ 0.
        price: Money,
    },
    /// Offer it for sale.
    PublishProduct,
    /// Take it off sale.
    UnpublishProduct,
}

/// A new product.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateProduct {
    /// Its id.
    pub product_id: ProductId,
    /// Its name in addresses; claimed.
    pub slug: Slug,
    /// Its name.
    pub name: Text,
    /// The path of its category, widest first; may be empty.
    pub category: Vec<Text>,
    /// Who makes it.
    pub brand: Option<Text>,
    /// What it is.
    pub description: Option<Prose>,
    /// Its variants.
    pub variants: Vec<NewVariant>,
    /// Whether to publish it at once.
    pub published: bool,
}

/// A new variant.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVariant {
    /// Its SKU; claimed.
    pub sku: Sku,
    /// Its own name, where the product's is not enough.
    pub name: Option<Text>,
    /// What sets it apart: size, colour.
    pub attributes: BTreeMap<Text, Text>,
    /// Its tax rate.
    pub tax_bp: TaxRate,
    /// Its prices, at most one per currency.
    pub prices: Vec<Money>,
}

impl NewVariant {
    /// A variant of `sku` with `prices`, no name, no attributes and no tax.
    #[must_use]
    pub fn new(sku: Sku, prices: Vec<Money>) -> Self {
        Self {
            sku,
            name: None,
            attributes: BTreeMap::new(),
            tax_bp: TaxRate::ZERO,
            prices,
        }
    }
}
