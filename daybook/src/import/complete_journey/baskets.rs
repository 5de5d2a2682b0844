//! The transactions file: lines gathered into baskets.
//!
//! A basket is kept as numbers and two short names, about 50 bytes a line, so that the whole year fits in 100 MB.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use serde_json::{Value, json};

use super::catalogue::Catalogue;
use super::rejects::{Fault, Rejects, Source};
use super::{ids, table, value};

const COLUMNS: [&str; 10] = [
    "basket_id",
    "household_id",
    "store_id",
    "transaction_timestamp",
    "product_id",
    "quantity",
    "sales_value",
    "retail_disc",
    "coupon_disc",
    "coupon_match_disc",
];

/// One line of a basket. Amounts in cents, for the whole line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// Its line in the file.
    pub(super) number: u64,
    /// Its place in the catalogue.
    pub(super) product: usize,
    pub(super) quantity: u32,
    pub(super) net: i64,
    pub(super) discount: i64,
    pub(super) coupon: i64,
}

/// Who bought where and when: the same for all lines of a basket.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Visit {
    household: String,
    store: String,
    placed_at: String,
}

/// One basket; without a visit, and without lines, when all its lines were rejected.
#[derive(Clone, Debug)]
pub(super) struct Basket {
    pub(super) id: Arc<str>,
    visit: Option<Visit>,
    pub(super) lines: Vec<Line>,
}

/// The chosen baskets.
#[derive(Debug, Default)]
pub(super) struct Journey {
    pub(super) baskets: Vec<Basket>,
    places: HashMap<Arc<str>, usize>,
}

impl Journey {
    /// Reads the whole file. Prices come from all of it, so that a product is the same whatever the limit; stock, baskets and
    /// rejects only from the first `limit` baskets.
    pub(super) fn read(
        path: &Path,
        limit: Option<usize>,
        catalogue: &mut Catalogue,
        rejects: &mut Rejects,
    ) -> Result<Self> {
        let mut journey = Self::default();
        let limit = limit.unwrap_or(usize::MAX);
        table::read(path, COLUMNS, |number, row| {
            let fault = match row {
                Ok(row) => journey.add(number, row, limit, catalogue).err(),
                Err(reason) => Some(Fault::new("row", reason, "")),
            };
            if let Some(fault) = fault {
                rejects.add(Source::Transactions, number, fault);
            }
        })?;
        Ok(journey)
    }

    /// What tells this selection of baskets from another one of the same or another file.
    pub(super) fn range(&self) -> Option<(&str, &str)> {
        Some((&self.baskets.first()?.id, &self.baskets.last()?.id))
    }

    fn add(
        &mut self,
        number: u64,
        row: [&str; 10],
        limit: usize,
        catalogue: &mut Catalogue,
    ) -> Result<(), Fault> {
        let id = value::token(row[0]).map_err(|reason| Fault::new(COLUMNS[0], reason, row[0]))?;
        let chosen = self.choose(id, limit);
        let parsed = parse(number, row, catalogue);
        if let Ok((line, _)) = &parsed {
            let price = value::unit_price(line.net + line.discount, line.quantity);
            catalogue.products[line.product].price = Some(price);
        }
        let Some(place) = chosen else { return Ok(()) };
        let (line, visit) = parsed?;
        let basket = &mut self.baskets[place];
        if let Some(known) = &basket.visit {
            known.check_same(&visit)?;
        } else {
            basket.visit = Some(visit);
        }
        catalogue.products[line.product].needed += u64::from(line.quantity);
        basket.lines.push(line);
        Ok(())
    }

    /// The place of the basket, a new one while there is room; lines of one basket need not follow each other.
    fn choose(&mut self, id: &str, limit: usize) -> Option<usize> {
        if let Some(place) = self.places.get(id) {
            return Some(*place);
        }
        if self.baskets.len() >= limit {
            return None;
        }
        let id: Arc<str> = id.into();
        let place = self.baskets.len();
        self.places.insert(id.clone(), place);
        self.baskets.push(Basket {
            id,
            visit: None,
            lines: Vec::new(),
        });
        Some(place)
    }
}

fn parse(number: u64, row: [&str; 10], catalogue: &Catalogue) -> Result<(Line, Visit), Fault> {
    let [
        _,
        household,
        store,
        placed_at,
        sku,
        quantity,
        net,
        retail,
        coupon,
        coupon_match,
    ] = row;
    let product = catalogue.find(sku);
    let quantity = value::quantity(quantity).map_err(|reason| match product {
        Some(_) => Fault::new("quantity", reason, quantity),
        None => {
            let both = format!("{reason}; and product_id {sku} is not in the products file");
            Fault::new("quantity", both, quantity)
        }
    })?;
    let product =
        product.ok_or_else(|| Fault::new("product_id", "is not in the products file", sku))?;
    let amount = |field, text| value::cents(text).map_err(|reason| Fault::new(field, reason, text));
    let line = Line {
        number,
        product,
        quantity,
        net: amount("sales_value", net)?,
        discount: amount("retail_disc", retail)? + amount("coupon_match_disc", coupon_match)?,
        coupon: amount("coupon_disc", coupon)?,
    };
    let token = |field, text| value::token(text).map_err(|reason| Fault::new(field, reason, text));
    let visit = Visit {
        household: token("household_id", household)?.to_owned(),
        store: token("store_id", store)?.to_owned(),
        placed_at: value::timestamp(placed_at)
            .map_err(|reason| Fault::new("transaction_timestamp", reason, placed_at))?,
    };
    Ok((line, visit))
}

impl Visit {
    fn check_same(&self, other: &Self) -> Result<(), Fault> {
        let differs = |field, value: &str| {
            Err(Fault::new(
                field,
                "differs from the basket's first line",
                value,
            ))
        };
        if self.household != other.household {
            differs("household_id", &other.household)
        } else if self.store != other.store {
            differs("store_id", &other.store)
        } else if self.placed_at != other.placed_at {
            differs("transaction_timestamp", &other.placed_at)
        } else {
            Ok(())
        }
    }
}

impl Basket {
    /// The body of `POST /v1/orders` with these of its lines; nothing when it has no visit, hence no lines.
    pub(super) fn body(&self, lines: &[Line], catalogue: &Catalogue) -> Option<Value> {
        let visit = self.visit.as_ref()?;
        let line = |line: &Line| {
            json!({
                "sku": &*catalogue.products[line.product].sku,
                "quantity": line.quantity,
                "gross": line.net + line.discount,
                "discount": line.discount,
                "net": line.net,
                "coupon": line.coupon,
            })
        };
        Some(json!({
            "id": ids::order(&self.id),
            "currency": "USD",
            "channel": format!("store-{}", visit.store),
            "customer": format!("household-{}", visit.household),
            "placed_at": visit.placed_at,
            "paid": "external",
            "lines": lines.iter().map(line).collect::<Vec<_>>(),
        }))
    }
}
