//! The sample's products and baskets, as `sample/README.md` describes them.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result};
use domain::ordering::LineAmounts;
use domain::product::{CreateProduct, NewVariant};
use domain::value::{Currency, Money, ProductId, Quantity, Sku, Slug, Text, Timestamp};
use flate2::read::GzDecoder;
use serde::Deserialize;
use uuid::Uuid;

const PRODUCTS: &[u8] = include_bytes!("../../../sample/products.csv.gz");
const TRANSACTIONS: &[u8] = include_bytes!("../../../sample/transactions.csv.gz");

/// The price of a product that no basket names.
const USUAL_PRICE_MINOR: i64 = 199;

/// A basket as it was bought.
pub struct Basket {
    pub customer: Text,
    pub channel: Text,
    pub placed_at: Timestamp,
    pub lines: Vec<Line>,
}

/// A line of it.
pub struct Line {
    /// The index of its product in the sample.
    pub product: usize,
    pub quantity: Quantity,
    pub amounts: LineAmounts,
}

#[derive(Deserialize)]
struct ProductRow {
    product_id: String,
    department: String,
    brand: String,
    product_category: String,
    product_type: String,
}

#[derive(Deserialize)]
struct LineRow {
    basket_id: u64,
    household_id: u64,
    store_id: u64,
    transaction_timestamp: String,
    product_id: String,
    quantity: u32,
    sales_value: f64,
    retail_disc: f64,
    coupon_disc: f64,
    coupon_match_disc: f64,
}

/// The first `count` products.
pub fn products(count: usize) -> Result<Vec<CreateProduct>> {
    rows::<ProductRow>(PRODUCTS)
        .take(count)
        .map(|row| product(&row?))
        .collect()
}

fn product(row: &ProductRow) -> Result<CreateProduct> {
    let price = Money::new(USUAL_PRICE_MINOR, Currency::USD);
    let category = [&row.department, &row.product_category, &row.product_type];
    let category = category.into_iter().filter(|part| !part.is_empty());
    Ok(CreateProduct {
        product_id: ProductId(Uuid::now_v7()),
        slug: format!("p-{}", row.product_id).parse::<Slug>()?,
        name: Text::new(&row.product_type).or_else(|_| Text::new(&row.product_id))?,
        category: category.map(Text::new).collect::<Result<_, _>>()?,
        brand: Text::new(&row.brand).ok(),
        description: None,
        variants: vec![NewVariant::new(Sku::new(&row.product_id)?, vec![price])],
        published: true,
    })
}

/// All baskets, in their order, without the lines that an import rejects.
pub fn baskets() -> Result<Vec<Basket>> {
    let products: Vec<ProductRow> = rows(PRODUCTS).collect::<Result<_>>()?;
    let ids = products.into_iter().map(|row| row.product_id);
    let index: HashMap<String, usize> = ids.zip(0..).collect();
    let mut baskets: BTreeMap<u64, Basket> = BTreeMap::new();
    for row in rows::<LineRow>(TRANSACTIONS) {
        // A dirty line; the importer names it, here it is left out.
        let Ok(row) = row else { continue };
        let Some(line) = line(&row, &index) else {
            continue;
        };
        if let Some(basket) = baskets.get_mut(&row.basket_id) {
            basket.lines.push(line);
        } else {
            let mut basket = basket(&row)?;
            basket.lines.push(line);
            baskets.insert(row.basket_id, basket);
        }
    }
    Ok(baskets.into_values().collect())
}

fn basket(row: &LineRow) -> Result<Basket> {
    let sold_at = row.transaction_timestamp.replace(' ', "T");
    Ok(Basket {
        customer: Text::new(format!("household-{}", row.household_id))?,
        channel: Text::new(format!("store-{}", row.store_id))?,
        placed_at: Timestamp::parse(&format!("{sold_at}Z")).context("a basket's time")?,
        lines: Vec::new(),
    })
}

fn line(row: &LineRow, index: &HashMap<String, usize>) -> Option<Line> {
    let cents = |amount: f64| (amount * 100.0).round() as i64;
    let net = cents(row.sales_value);
    let discount = cents(row.retail_disc + row.coupon_match_disc);
    Some(Line {
        product: *index.get(&row.product_id)?,
        // More units than a line may have are petrol by the cup: a line of one.
        quantity: Quantity::new(if row.quantity > 1_000 {
            1
        } else {
            row.quantity
        })
        .ok()?,
        amounts: LineAmounts {
            gross: net + discount,
            discount,
            net,
            coupon: cents(row.coupon_disc),
        },
    })
}

fn rows<R: serde::de::DeserializeOwned>(gzipped: &'static [u8]) -> impl Iterator<Item = Result<R>> {
    let reader = csv::Reader::from_reader(GzDecoder::new(gzipped));
    reader.into_deserialize().map(|row| Ok(row?))
}
