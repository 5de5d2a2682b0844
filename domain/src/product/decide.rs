//! What a product answers to a command.

use std::collections::{BTreeMap, BTreeSet};

use super::command::{CreateProduct, NewVariant, Patch, ProductCommand};
use super::event::ProductEvent;
use super::state::{Product, Profile, Publication, Variant, VariantStatus};
use crate::facts::Facts;
use crate::rejection::{FieldError, Rejection};
use crate::value::{Money, Prose, Sku, TaxRate, Text};

/// Most variants of one product.
pub const VARIANTS_PER_PRODUCT_MAX: usize = 500;
/// Most parts of a category's path.
pub const CATEGORY_PARTS_MAX: usize = 10;
/// Most attributes of one variant.
pub const ATTRIBUTES_PER_VARIANT_MAX: usize = 50;
/// Highest price of one unit, in minor units.
pub const PRICE_MINOR_MAX: i64 = 1_000_000_000_000;

type Decision = Result<Vec<ProductEvent>, Rejection>;

/// Decides `command` against `product`.
pub fn decide(product: &Product, command: ProductCommand, _facts: &Facts) -> Decision {
    let no_product = || Rejection::not_found("there is no such product");
    match (command, product.profile().ok_or_else(no_product)) {
        (ProductCommand::CreateProduct(new), _) => create(product, new),
        (_, Err(rejection)) => Err(rejection),
        (
            ProductCommand::ReviseProduct {
                name,
                category,
                brand,
                description,
            },
            Ok(profile),
        ) => revise(profile, name, category, brand, description),
        (ProductCommand::AddVariant(new), _) => add_variant(product, new),
        (
            ProductCommand::ReviseVariant {
                sku,
                name,
                attributes,
                tax_bp,
            },
            _,
        ) => revise_variant(product, sku, name, attributes, tax_bp),
        (ProductCommand::DiscontinueVariant { sku }, _) => discontinue(product, sku),
        (ProductCommand::SetPrice { sku, price }, _) => set_price(product, sku, price),
        (ProductCommand::PublishProduct, _) => publish(product),
        (ProductCommand::UnpublishProduct, _) => Ok(match product.publication() {
            Publication::Published => vec![ProductEvent::ProductUnpublished {}],
            Publication::Unpublished => Vec::new(),
        }),
    }
}

fn create(product: &Product, new: CreateProduct) -> Decision {
    if let Some(id) = product.id() {
        let detail = format!("product {id} exists already; take a new id");
        return Err(Rejection::invalid("/id", "exists-already", detail));
    }
    let mut wrong = category_errors(&new.category);
    if new.variants.len() > VARIANTS_PER_PRODUCT_MAX {
        wrong.push(too_many("/variants", "variants", VARIANTS_PER_PRODUCT_MAX));
    }
    let mut skus = BTreeSet::new();
    for (at, variant) in new.variants.iter().enumerate() {
        let pointer = format!("/variants/{at}");
        if !skus.insert(&variant.sku) {
            let detail = format!("SKU {} is on two variants; give each its own", variant.sku);
            wrong.push(FieldError::new(
                format!("{pointer}/sku"),
                "duplicate-sku",
                detail,
            ));
        }
        wrong.extend(variant_errors(variant, &pointer));
    }
    if new.published && new.variants.iter().all(|variant| variant.prices.is_empty()) {
        wrong.push(no_priced_variant("/published"));
    }
    if !wrong.is_empty() {
        return Err(Rejection::validation(wrong));
    }
    let mut events = vec![ProductEvent::ProductCreated {
        product_id: new.product_id,
        slug: new.slug,
        name: new.name,
        category: new.category,
        brand: new.brand,
        description: new.description,
    }];
    events.extend(new.variants.into_iter().flat_map(variant_events));
    if new.published {
        events.push(ProductEvent::ProductPublished {});
    }
    Ok(events)
}

fn revise(
    profile: &Profile,
    name: Option<Text>,
    category: Option<Vec<Text>>,
    brand: Patch<Text>,
    description: Patch<Prose>,
) -> Decision {
    let revised = Profile {
        name: name.unwrap_or_else(|| profile.name.clone()),
        category: category.unwrap_or_else(|| profile.category.clone()),
        brand: brand.applied(profile.brand.as_ref()),
        description: description.applied(profile.description.as_ref()),
        ..profile.clone()
    };
    let wrong = category_errors(&revised.category);
    if !wrong.is_empty() {
        return Err(Rejection::validation(wrong));
    }
    if revised == *profile {
        return Ok(Vec::new());
    }
    Ok(vec![ProductEvent::ProductRevised {
        name: revised.name,
        category: revised.category,
        brand: revised.brand,
        description: revised.description,
    }])
}

fn add_variant(product: &Product, new: NewVariant) -> Decision {
    if product.variant(&new.sku).is_some() {
        return Err(Rejection::sku_taken(&new.sku, "/sku"));
    }
    let mut wrong = variant_errors(&new, "");
    if product.variants().len() >= VARIANTS_PER_PRODUCT_MAX {
        wrong.push(too_many("", "variants", VARIANTS_PER_PRODUCT_MAX));
    }
    if !wrong.is_empty() {
        return Err(Rejection::validation(wrong));
    }
    Ok(variant_events(new))
}

fn revise_variant(
    product: &Product,
    sku: Sku,
    name: Patch<Text>,
    attributes: Option<BTreeMap<Text, Text>>,
    tax_bp: Option<TaxRate>,
) -> Decision {
    let variant = existing(product, &sku)?;
    let revised = Variant {
        name: name.applied(variant.name.as_ref()),
        attributes: attributes.unwrap_or_else(|| variant.attributes.clone()),
        tax_bp: tax_bp.unwrap_or(variant.tax_bp),
        ..variant.clone()
    };
    if revised.attributes.len() > ATTRIBUTES_PER_VARIANT_MAX {
        let wrong = too_many("/attributes", "attributes", ATTRIBUTES_PER_VARIANT_MAX);
        return Err(Rejection::validation(vec![wrong]));
    }
    if revised == *variant {
        return Ok(Vec::new());
    }
    Ok(vec![ProductEvent::VariantRevised {
        sku,
        name: revised.name,
        attributes: revised.attributes,
        tax_bp: revised.tax_bp,
    }])
}

fn discontinue(product: &Product, sku: Sku) -> Decision {
    Ok(match existing(product, &sku)?.status {
        VariantStatus::Active => vec![ProductEvent::VariantDiscontinued { sku }],
        VariantStatus::Discontinued => Vec::new(),
    })
}

fn set_price(product: &Product, sku: Sku, price: Money) -> Decision {
    let variant = existing(product, &sku)?;
    if variant.status == VariantStatus::Discontinued {
        let detail = format!("variant {sku} is discontinued and takes no more prices");
        return Err(Rejection::invalid("/sku", "discontinued", detail));
    }
    if let Some(wrong) = price_error(price, "/price") {
        return Err(Rejection::validation(vec![wrong]));
    }
    if variant.price(price.currency) == Some(price) {
        return Ok(Vec::new());
    }
    Ok(vec![ProductEvent::PriceSet { sku, price }])
}

fn publish(product: &Product) -> Decision {
    if product.publication() == Publication::Published {
        return Ok(Vec::new());
    }
    if !product.variants().values().any(Variant::is_saleable) {
        return Err(Rejection::validation(vec![no_priced_variant("")]));
    }
    Ok(vec![ProductEvent::ProductPublished {}])
}

fn existing<'a>(product: &'a Product, sku: &Sku) -> Result<&'a Variant, Rejection> {
    product
        .variant(sku)
        .ok_or_else(|| Rejection::not_found(format!("the product has no variant of SKU {sku}")))
}

fn variant_events(new: NewVariant) -> Vec<ProductEvent> {
    let sku = new.sku;
    let mut events = vec![ProductEvent::VariantAdded {
        sku: sku.clone(),
        name: new.name,
        attributes: new.attributes,
        tax_bp: new.tax_bp,
    }];
    let price_set = |price| ProductEvent::PriceSet {
        sku: sku.clone(),
        price,
    };
    events.extend(new.prices.into_iter().map(price_set));
    events
}

fn variant_errors(variant: &NewVariant, pointer: &str) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    if variant.attributes.len() > ATTRIBUTES_PER_VARIANT_MAX {
        let pointer = format!("{pointer}/attributes");
        wrong.push(too_many(&pointer, "attributes", ATTRIBUTES_PER_VARIANT_MAX));
    }
    let mut currencies = BTreeSet::new();
    for (at, price) in variant.prices.iter().enumerate() {
        let pointer = format!("{pointer}/prices/{at}");
        if !currencies.insert(price.currency) {
            let detail = format!("{} has two prices; give one per currency", price.currency);
            wrong.push(FieldError::new(
                pointer.clone(),
                "duplicate-currency",
                detail,
            ));
        }
        wrong.extend(price_error(*price, &pointer));
    }
    wrong
}

fn price_error(price: Money, pointer: &str) -> Option<FieldError> {
    if (0..=PRICE_MINOR_MAX).contains(&price.minor) {
        return None;
    }
    let detail = format!(
        "{} minor units is no price; a price is from 0 to {PRICE_MINOR_MAX} minor units",
        price.minor
    );
    Some(FieldError::new(
        format!("{pointer}/minor"),
        "out-of-range",
        detail,
    ))
}

fn category_errors(category: &[Text]) -> Vec<FieldError> {
    if category.len() <= CATEGORY_PARTS_MAX {
        return Vec::new();
    }
    vec![too_many("/category", "parts", CATEGORY_PARTS_MAX)]
}

fn too_many(pointer: &str, what: &str, most: usize) -> FieldError {
    FieldError::new(
        pointer,
        "too-many",
        format!("too many {what}; the most is {most}"),
    )
}

fn no_priced_variant(pointer: &str) -> FieldError {
    let detail = "a product needs an active variant with a price before it is published";
    FieldError::new(pointer, "no-priced-variant", detail)
}
