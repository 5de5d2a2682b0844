//! `PATCH /v1/products/{id}/variants/{sku}`: what is said about a variant. `null` empties its name.

use axum::extract::State;
use domain::product::ProductCommand;
use domain::value::{ProductId, Sku, TaxRate, Text};
use serde::Deserialize;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Change, Faults, Given, Pairs, Place, Write};

/// What changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    #[serde(default)]
    name: Change<Text>,
    attributes: Option<Pairs>,
    tax_bp: Option<Given<TaxRate>>,
}

/// Revises a variant.
pub async fn revise(
    State(api): State<Api>,
    Place((id, sku)): Place<(ProductId, Sku)>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let command = write.body.command(sku)?;
    let receipt = api.commands()?.product(id, command, write.context).await?;
    Ok(Accepted::changed(receipt))
}

impl Body {
    fn command(self, sku: Sku) -> Result<ProductCommand, Problem> {
        let mut faults = Faults::default();
        let name = faults.take_change("/name", self.name);
        let attributes = match self.attributes {
            None => Some(None),
            Some(pairs) => pairs.attributes("/attributes", &mut faults).map(Some),
        };
        let tax_bp = faults.take_optional("/tax_bp", self.tax_bp);
        let build = || {
            Some(ProductCommand::ReviseVariant {
                sku,
                name: name?,
                attributes: attributes?,
                tax_bp: tax_bp?,
            })
        };
        faults.finish(build())
    }
}
