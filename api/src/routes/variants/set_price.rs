//! `PUT /v1/products/{id}/variants/{sku}/prices/{currency}`: the price of one unit, before tax.

use axum::extract::State;
use domain::product::ProductCommand;
use domain::value::{Currency, Money, ProductId, Sku};
use serde::Deserialize;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Place, Write};

/// The price, in minor units.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    minor: i64,
}

/// Sets a price.
pub async fn set_price(
    State(api): State<Api>,
    Place((id, sku, currency)): Place<(ProductId, Sku, Currency)>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let price = Money::new(write.body.minor, currency);
    let command = ProductCommand::SetPrice { sku, price };
    let receipt = api.commands()?.product(id, command, write.context).await;
    // The command's price is this route's whole body.
    let receipt =
        receipt.map_err(|error| Problem::from(error).with_pointers_moved("/price", ""))?;
    Ok(Accepted::changed(receipt))
}
