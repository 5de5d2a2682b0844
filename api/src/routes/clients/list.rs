//! `GET /v1/clients`: the registered programs, the latest first.

use axum::extract::State;
use axum::response::Response;
use projections::client_directory::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::problem::Problem;
use crate::request::{PAGE_PARAMETERS, Params, Read};

/// Lists clients.
pub async fn list(State(api): State<Api>, read: Read, params: Params) -> Result<Response, Problem> {
    let params = params.only(PAGE_PARAMETERS, &[])?;
    let page = params.page()?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let page = queries.clients(&page).await?;
    Ok(answer::page(&read, Audience::Client, &params, &page))
}
