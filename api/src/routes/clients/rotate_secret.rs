//! `POST /v1/clients/{id}/secret`: another secret; the one before is worth nothing from then on.

use axum::extract::State;
use domain::value::ClientId;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Nothing, Place, Write};

/// Gives a client another secret, which is told here and never again.
pub async fn rotate_secret(
    State(api): State<Api>,
    Place(id): Place<ClientId>,
    write: Write<Nothing>,
) -> Result<Accepted, Problem> {
    let people = api.people()?;
    let (receipt, secret) = people.rotate_client_secret(id, write.context).await?;
    Ok(Accepted::changed(receipt).with("client_secret", secret.expose()))
}
