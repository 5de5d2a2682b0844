//! `PUT /v1/products/{id}/publication`: offers a product for sale.

use axum::extract::State;
use domain::product::ProductCommand;
use domain::value::ProductId;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Nothing, Place, Write};

/// Offers a product for sale.
pub async fn publish(
    State(api): State<Api>,
    Place(id): Place<ProductId>,
    write: Write<Nothing>,
) -> Result<Accepted, Problem> {
    let command = ProductCommand::PublishProduct;
    let receipt = api.commands()?.product(id, command, write.context).await?;
    Ok(Accepted::changed(receipt))
}
