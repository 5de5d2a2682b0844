//! `GET /v1/projections/{name}`: how one projection is.

use axum::extract::State;
use axum::response::Response;

use super::StatusBody;
use crate::Api;
use crate::answer;
use crate::problem::Problem;
use crate::request::{Params, Place};

/// Reads a projection's status.
pub async fn read(
    State(api): State<Api>,
    Place(name): Place<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&[], &[])?;
    let status = api.queries()?.projection(&name).await?;
    answer::json(&StatusBody::from(&status))
}
