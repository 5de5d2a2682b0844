//! `GET /v1/stock/{sku}/reservations`: what holds a SKU's units, by when it lapses.

use axum::extract::State;
use axum::response::Response;
use domain::value::Sku;
use projections::stock_level::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::problem::Problem;
use crate::request::{PAGE_PARAMETERS, Params, Place, Read};

/// Lists a SKU's open reservations.
pub async fn reservations(
    State(api): State<Api>,
    Place(sku): Place<Sku>,
    read: Read,
    params: Params,
) -> Result<Response, Problem> {
    let params = params.only(PAGE_PARAMETERS, &[])?;
    let page = params.page()?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let page = queries.reservations(&sku, &page).await?;
    Ok(answer::page(&read, Audience::Client, &params, &page))
}
