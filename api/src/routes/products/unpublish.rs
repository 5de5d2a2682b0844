//! `DELETE /v1/products/{id}/publication`: takes a product off sale.

use axum::extract::State;
use domain::product::ProductCommand;
use domain::value::ProductId;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Nothing, Place, Write};

/// Takes a product off sale.
pub async fn unpublish(
    State(api): State<Api>,
    Place(id): Place<ProductId>,
    write: Write<Nothing>,
) -> Result<Accepted, Problem> {
    let command = ProductCommand::UnpublishProduct;
    let receipt = api.commands()?.product(id, command, write.context).await?;
    Ok(Accepted::changed(receipt))
}
