//! The goods of the market: real products, and how often each was bought.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use domain::product::{CreateProduct, NewVariant};
use domain::value::{Currency, Money, Sku, Slug, Text};
use flate2::read::GzDecoder;
use serde::Deserialize;
use uuid::Uuid;

use crate::settings::Settings;

/// Prices go from here up, so that filters by price have something to tell apart.
const PRICE_MIN: i64 = 19;
const PRICE_STEPS: i64 = 1_500;

/// The files of *The Complete Journey*: the whole January where it is there, else the sample of the checkout.
pub struct Files {
    pub products: PathBuf,
    pub transactions: PathBuf,
    /// What they are, for notes.
    pub name: &'static str,
}

/// One kind of goods.
pub struct Article {
    pub sku: String,
    /// In how many baskets' lines it was.
    pub bought: u64,
    pub product: CreateProduct,
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
    product_id: String,
}

impl Files {
    /// Those that this run uses.
    pub fn find(settings: &Settings) -> Self {
        let checkout = daybook_tests::checkout();
        let whole = checkout.join("../shared/data");
        let whole_transactions = whole.join("transactions-2017-01.csv.gz");
        if !settings.quick && whole_transactions.is_file() {
            return Self {
                products: whole.join("products.csv.gz"),
                transactions: whole_transactions,
                name: "January of The Complete Journey",
            };
        }
        let sample = checkout.join("sample");
        Self {
            products: sample.join("products.csv.gz"),
            transactions: sample.join("transactions.csv.gz"),
            name: "the sample of The Complete Journey",
        }
    }

    /// All products, what was bought most often first.
    pub fn articles(&self) -> Result<Vec<Article>> {
        let mut bought: HashMap<String, u64> = HashMap::new();
        for line in rows::<LineRow>(&self.transactions)? {
            *bought.entry(line.product_id).or_default() += 1;
        }
        let mut articles = rows::<ProductRow>(&self.products)?
            .into_iter()
            .map(|row| {
                let bought = bought.get(&row.product_id).copied().unwrap_or(0);
                row.article(bought)
            })
            .collect::<Result<Vec<_>>>()?;
        articles.sort_by_key(|article| std::cmp::Reverse(article.bought));
        Ok(articles)
    }
}

impl ProductRow {
    fn article(self, bought: u64) -> Result<Article> {
        let number: i64 = self.product_id.parse().unwrap_or_default();
        let price = Money::new(PRICE_MIN + number % PRICE_STEPS, Currency::USD);
        let name = [&self.product_type, &self.product_category]
            .into_iter()
            .find(|name| !name.is_empty())
            .map_or_else(|| format!("Product {}", self.product_id), Clone::clone);
        let path = [&self.department, &self.product_category, &self.product_type];
        let category = path
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(Text::new)
            .collect::<Result<_, _>>()?;
        let brand = (!self.brand.is_empty()).then(|| Text::new(&self.brand));
        let product = CreateProduct {
            product_id: Uuid::now_v7().into(),
            slug: Slug::new(format!("product-{}", self.product_id))?,
            name: Text::new(name)?,
            category,
            brand: brand.transpose()?,
            description: None,
            variants: vec![NewVariant::new(Sku::new(&self.product_id)?, vec![price])],
            published: true,
        };
        Ok(Article {
            sku: self.product_id,
            bought,
            product,
        })
    }
}

fn rows<R: for<'a> Deserialize<'a>>(path: &Path) -> Result<Vec<R>> {
    let file =
        std::fs::File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text)?;
    let read: Result<Vec<R>, _> = csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect();
    read.with_context(|| format!("{} is not as expected", path.display()))
}
