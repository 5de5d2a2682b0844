//! `POST /v1/stock/{sku}/receipts`: goods came in.

use axum::extract::State;
use domain::stock::StockCommand;
use domain::value::{Location, Quantity, Sku, StockId, Text};
use serde::Deserialize;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, Place, Write};

/// What came in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    quantity: Given<Quantity>,
    reference: Option<Given<Text>>,
    location: Option<Given<Location>>,
}

/// Receives goods.
pub async fn receive(
    State(api): State<Api>,
    Place(sku): Place<Sku>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let location = format!("/v1/stock/{sku}");
    let (id, command) = write.body.command(sku)?;
    let receipt = api.commands()?.stock(&id, command, write.context).await?;
    Ok(Accepted::created_at(receipt, location))
}

impl Body {
    fn command(self, sku: Sku) -> Result<(StockId, StockCommand), Problem> {
        let mut faults = Faults::default();
        let quantity = faults.take("/quantity", self.quantity);
        let reference = faults.take_optional("/reference", self.reference);
        let location = faults.take_optional("/location", self.location);
        let build = || {
            let stock_id = StockId::new(sku, location?.unwrap_or_default());
            let command = StockCommand::ReceiveStock {
                stock_id: stock_id.clone(),
                quantity: quantity?,
                reference: reference?,
            };
            Some((stock_id, command))
        };
        faults.finish(build())
    }
}
