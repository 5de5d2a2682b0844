//! `GET /v1/projections`: how every projection is.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::StatusBody;
use crate::Api;
use crate::answer;
use crate::problem::Problem;
use crate::request::Params;

#[derive(Serialize)]
struct Body<'a> {
    /// The position of the journal's last event.
    head: u64,
    projections: Vec<StatusBody<'a>>,
}

/// Lists projections.
pub async fn list(State(api): State<Api>, params: Params) -> Result<Response, Problem> {
    params.only(&[], &[])?;
    let queries = api.queries()?;
    let statuses = queries.projections().await?;
    // All statuses are of one moment; without any there is still a journal.
    let head = match statuses.first() {
        Some(status) => status.head,
        None => queries.head().await?,
    };
    answer::json(&Body {
        head,
        projections: statuses.iter().map(StatusBody::from).collect(),
    })
}
