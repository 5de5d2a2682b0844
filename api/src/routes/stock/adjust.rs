//! `POST /v1/stock/{sku}/adjustments`: the count was wrong.

use axum::extract::State;
use domain::stock::StockCommand;
use domain::value::{Location, Sku, StockId, Text};
use serde::Deserialize;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, Place, Write};

/// By how much, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    delta: i64,
    reason: Given<Text>,
    /// Even if less is left than is promised.
    #[serde(default)]
    force: bool,
    location: Option<Given<Location>>,
}

/// Adjusts stock.
pub async fn adjust(
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
        let reason = faults.take("/reason", self.reason);
        let location = faults.take_optional("/location", self.location);
        let (delta, force) = (self.delta, self.force);
        let build = || {
            let command = StockCommand::AdjustStock {
                delta,
                reason: reason?,
                force,
            };
            Some((StockId::new(sku, location?.unwrap_or_default()), command))
        };
        faults.finish(build())
    }
}
