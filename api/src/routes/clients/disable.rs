//! `DELETE /v1/clients/{id}`: a client can do nothing any more, for ever. Its tokens are refused within a second.

use axum::extract::State;
use domain::value::ClientId;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Nothing, Place, Write};

/// Disables a client.
pub async fn disable(
    State(api): State<Api>,
    Place(id): Place<ClientId>,
    write: Write<Nothing>,
) -> Result<Accepted, Problem> {
    let receipt = api.people()?.disable_client(id, write.context).await?;
    Ok(Accepted::changed(receipt))
}
