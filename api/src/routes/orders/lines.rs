//! Units of lines, as cancellations, shipments, returns and refunds name them.

use domain::order::LineQuantity;
use domain::value::{Quantity, Sku};
use serde::Deserialize;

use crate::request::{Faults, Given, Object};

/// How many units of which line: an order has one line per SKU.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineBody {
    sku: Given<Sku>,
    quantity: Given<Quantity>,
}

/// The lines given at `/lines`.
pub fn quantities(lines: Vec<Object<LineBody>>, faults: &mut Faults) -> Option<Vec<LineQuantity>> {
    let quantities: Vec<_> = lines
        .into_iter()
        .enumerate()
        .map(|(at, Object(line))| {
            let sku = faults.take(&format!("/lines/{at}/sku"), line.sku);
            let quantity = faults.take(&format!("/lines/{at}/quantity"), line.quantity);
            Some(LineQuantity {
                sku: sku?,
                quantity: quantity?,
            })
        })
        .collect();
    quantities.into_iter().collect()
}
