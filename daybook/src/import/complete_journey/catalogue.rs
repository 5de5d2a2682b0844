//! The products file.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use serde_json::{Value, json};

use super::rejects::{Fault, Rejects, Source};
use super::{ids, table, value};

const COLUMNS: [&str; 5] = [
    "product_id",
    "department",
    "brand",
    "product_category",
    "product_type",
];

/// One product, and what the baskets told about it.
#[derive(Clone, Debug)]
pub(super) struct Product {
    pub(super) sku: Arc<str>,
    /// Its line in the products file.
    pub(super) line: u64,
    department: String,
    category: String,
    kind: String,
    brand: String,
    /// Gross per unit in cents where it was last sold.
    pub(super) price: Option<i64>,
    /// Units that the chosen baskets take.
    pub(super) needed: u64,
    /// The server would not have it; its lines are rejected.
    pub(super) refused: bool,
    /// To be created.
    pub(super) wanted: bool,
}

/// All products, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    pub(super) products: Vec<Product>,
    places: HashMap<Arc<str>, usize>,
}

impl Catalogue {
    pub(super) fn read(path: &Path, rejects: &mut Rejects) -> Result<Self> {
        let mut catalogue = Self::default();
        table::read(path, COLUMNS, |line, row| {
            if let Err(fault) = catalogue.add(line, row) {
                rejects.add(Source::Products, line, fault);
            }
        })?;
        Ok(catalogue)
    }

    fn add(&mut self, line: u64, row: Result<[&str; 5], &'static str>) -> Result<(), Fault> {
        let [id, department, brand, category, kind] =
            row.map_err(|reason| Fault::new("row", reason, ""))?;
        let sku = value::token(id).map_err(|reason| Fault::new("product_id", reason, id))?;
        if self.places.contains_key(sku) {
            return Err(Fault::new("product_id", "is named a second time", id));
        }
        let sku: Arc<str> = sku.into();
        self.places.insert(sku.clone(), self.products.len());
        self.products.push(Product {
            sku,
            line,
            department: department.to_owned(),
            category: category.to_owned(),
            kind: kind.to_owned(),
            brand: brand.to_owned(),
            price: None,
            needed: 0,
            refused: false,
            wanted: true,
        });
        Ok(())
    }

    /// The place of a product in `products`.
    pub(super) fn find(&self, sku: &str) -> Option<usize> {
        self.places.get(sku).copied()
    }

    /// With a limit on baskets, the other ninety thousand products are not worth the wait.
    pub(super) fn keep_only_needed(&mut self) {
        for product in &mut self.products {
            product.wanted = product.needed > 0;
        }
    }
}

impl Product {
    /// The body of `POST /v1/products`. Without a price it cannot be published, and was never sold.
    pub(super) fn body(&self) -> Value {
        let path = [&self.department, &self.category, &self.kind];
        let path: Vec<&String> = path.into_iter().filter(|part| !part.is_empty()).collect();
        let prices: Vec<Value> = self
            .price
            .iter()
            .map(|price| json!({"minor": price, "currency": "USD"}))
            .collect();
        let mut body = json!({
            "id": ids::product(&self.sku),
            "name": self.name(),
            "slug": value::slug(&self.kind, &self.sku),
            "category": path,
            "variants": [{"sku": &*self.sku, "prices": prices}],
            "published": self.price.is_some(),
        });
        if !self.brand.is_empty() {
            body["brand"] = json!(self.brand);
        }
        body
    }

    fn name(&self) -> String {
        let named = [&self.kind, &self.category]
            .into_iter()
            .find(|name| !name.is_empty());
        named.map_or_else(|| format!("Product {}", self.sku), Clone::clone)
    }
}
