//! `GET /v1/attention`: what a person has to look at, the newest first, with what was tried.

use axum::extract::State;
use axum::response::Response;
use projections::attention::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::problem::Problem;
use crate::request::{PAGE_PARAMETERS, Params, Read};

/// Lists the open cases.
pub async fn list(State(api): State<Api>, read: Read, params: Params) -> Result<Response, Problem> {
    let params = params.only(PAGE_PARAMETERS, &[])?;
    let page = params.page()?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let page = queries.attention(&page).await?;
    Ok(answer::page(&read, Audience::Client, &params, &page))
}
