//! `PATCH /v1/products/{id}`: what is said about a product. `null` empties brand and description.

use axum::extract::State;
use domain::product::ProductCommand;
use domain::value::{ProductId, Prose, Text};
use serde::Deserialize;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Change, Faults, Given, Place, Write};

/// What changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    name: Option<Given<Text>>,
    category: Option<Vec<Given<Text>>>,
    #[serde(default)]
    brand: Change<Text>,
    #[serde(default)]
    description: Change<Prose>,
}

/// Revises a product.
pub async fn revise(
    State(api): State<Api>,
    Place(id): Place<ProductId>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let command = write.body.command()?;
    let receipt = api.commands()?.product(id, command, write.context).await?;
    Ok(Accepted::changed(receipt))
}

impl Body {
    fn command(self) -> Result<ProductCommand, Problem> {
        let mut faults = Faults::default();
        let name = faults.take_optional("/name", self.name);
        let category = match self.category {
            None => Some(None),
            Some(parts) => faults.take_all("/category", parts).map(Some),
        };
        let brand = faults.take_change("/brand", self.brand);
        let description = faults.take_change("/description", self.description);
        let build = || {
            Some(ProductCommand::ReviseProduct {
                name: name?,
                category: category?,
                brand: brand?,
                description: description?,
            })
        };
        faults.finish(build())
    }
}
