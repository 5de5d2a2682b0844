//! `GET /v1/stock?below=`: what is running low, the scarcest first.

use axum::extract::State;
use axum::response::Response;
use projections::stock_level::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::problem::Problem;
use crate::request::{Params, Read};

/// What can be asked for.
pub const LIST_PARAMETERS: &[&str] = &["below", "limit", "after", "before"];

/// Lists stock items.
pub async fn list(State(api): State<Api>, read: Read, params: Params) -> Result<Response, Problem> {
    let params = params.only(LIST_PARAMETERS, &[])?;
    let below = params.read::<i64>("below")?;
    let page = params.page()?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let page = queries.stock_below(below, &page).await?;
    Ok(answer::page(&read, Audience::Client, &params, &page))
}
