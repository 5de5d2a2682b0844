//! `GET /v1/streams/{id}`: the events of one stream.

use axum::extract::State;
use axum::response::Response;
use commands::StreamId;
use projections::EventsFilter;

use super::{answer, window};
use crate::Api;
use crate::problem::Problem;
use crate::request::{Params, Place};

/// What can be asked for.
pub const STREAM_PARAMETERS: &[&str] = &["after", "limit"];

/// Lists the events of a stream.
pub async fn stream(
    State(api): State<Api>,
    Place(id): Place<String>,
    params: Params,
) -> Result<Response, Problem> {
    let params = params.only(STREAM_PARAMETERS, &[])?;
    let (after, limit) = window(&params)?;
    let none = || {
        Problem::not_found(
            "there is no such stream; one is called order-{uuid}, product-{uuid} or stock-{sku}@{location}",
        )
    };
    if id.parse::<StreamId>().is_err() || id.chars().any(char::is_control) {
        return Err(none());
    }
    let filter = EventsFilter {
        stream: Some(id),
        ..EventsFilter::default()
    };
    let page = api.queries()?.events(after, limit, &filter).await?;
    if page.events.is_empty() && after == 0 {
        return Err(none());
    }
    Ok(answer(&params, &page))
}
