//! `GET /openapi.json`: this interface as OpenAPI 3.1.

use axum::response::Response;

use crate::answer::{self, Audience};
use crate::openapi::document;
use crate::problem::Problem;
use crate::request::{Params, Read};

/// Reads the description.
pub async fn read(read: Read, params: Params) -> Result<Response, Problem> {
    params.only(&[], &[])?;
    Ok(answer::overview(
        &read,
        Audience::Everybody,
        document().to_owned(),
    ))
}
