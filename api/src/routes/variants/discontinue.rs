//! `DELETE /v1/products/{id}/variants/{sku}`: a variant is sold no more. Its SKU stays taken.

use axum::extract::State;
use domain::product::ProductCommand;
use domain::value::{ProductId, Sku};

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Nothing, Place, Write};

/// Discontinues a variant.
pub async fn discontinue(
    State(api): State<Api>,
    Place((id, sku)): Place<(ProductId, Sku)>,
    write: Write<Nothing>,
) -> Result<Accepted, Problem> {
    let command = ProductCommand::DiscontinueVariant { sku };
    let receipt = api.commands()?.product(id, command, write.context).await?;
    Ok(Accepted::changed(receipt))
}
