//! `GET /v1/events?after=&limit=&stream=&type=&correlation=`: every event, in the order of positions.

use axum::extract::State;
use axum::response::Response;
use projections::EventsFilter;

use super::{answer, window};
use crate::Api;
use crate::problem::Problem;
use crate::request::Params;

/// What can be asked for.
pub const LIST_PARAMETERS: &[&str] = &["after", "limit", "stream", "type", "correlation"];

/// Lists events.
pub async fn list(State(api): State<Api>, params: Params) -> Result<Response, Problem> {
    let params = params.only(LIST_PARAMETERS, &[])?;
    let (after, limit) = window(&params)?;
    let filter = EventsFilter {
        stream: params.text("stream"),
        event_type: params.text("type"),
        correlation: params.text("correlation"),
    };
    let page = api.queries()?.events(after, limit, &filter).await?;
    Ok(answer(&params, &page))
}
