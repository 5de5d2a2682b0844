//! `GET /v1/clients/{id}`: one program.

use axum::extract::State;
use axum::response::Response;
use domain::value::ClientId;
use projections::client_directory::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::problem::Problem;
use crate::request::{Place, Read};

/// Reads a client.
pub async fn read(
    State(api): State<Api>,
    Place(id): Place<ClientId>,
    read: Read,
) -> Result<Response, Problem> {
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let found = queries.client(id).await?;
    let document = found.ok_or_else(|| Problem::not_found("there is no such client"))?;
    Ok(answer::document(&read, Audience::Client, document))
}
