//! The journal itself, as CloudEvents.

mod list;
mod stream;

pub use list::{LIST_PARAMETERS, list};
pub use stream::{STREAM_PARAMETERS, stream};

use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LINK};
use projections::EventsPage;

use crate::answer::{APPLICATION_JSON, NO_STORE};
use crate::problem::Problem;
use crate::request::Params;

/// Most events in one answer, and how many there are when the client does not say.
const EVENTS_MAX: u64 = 1_000;
const EVENTS_DEFAULT: u64 = 100;

/// Highest position that Postgres can count to.
const POSITION_MAX: u64 = i64::MAX.unsigned_abs();

/// The position after which to read, and how many events.
fn window(params: &Params) -> Result<(u64, u32), Problem> {
    let after = params.number("after", 0, POSITION_MAX)?.unwrap_or(0);
    let limit = params.number("limit", 1, EVENTS_MAX)?;
    let limit = u32::try_from(limit.unwrap_or(EVENTS_DEFAULT)).unwrap_or(u32::MAX);
    Ok((after, limit))
}

/// `{"events":[CloudEvents…],"next":position}`: `next` is the `after` to go on with, now or when there is more.
fn answer(params: &Params, page: &EventsPage) -> Response {
    let next = page.scanned_through;
    let body = format!(r#"{{"events":[{}],"next":{next}}}"#, page.events.join(","));
    let link = format!(
        "<{}>; rel=\"next\"",
        params.link("after", &next.to_string())
    );
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, APPLICATION_JSON);
    headers.insert(CACHE_CONTROL, NO_STORE);
    if let Ok(link) = HeaderValue::from_str(&link) {
        headers.insert(LINK, link);
    }
    (headers, body).into_response()
}
