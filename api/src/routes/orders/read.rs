//! `GET /v1/orders/{id}`: one order with its derived totals and statuses.

use axum::extract::State;
use axum::response::Response;
use domain::value::OrderId;
use projections::order_detail::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::problem::Problem;
use crate::request::{Params, Place, Read};

/// Reads an order.
pub async fn read(
    State(api): State<Api>,
    Place(id): Place<OrderId>,
    read: Read,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&[], &[])?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let order = queries.order_detail(id.0).await?;
    let order = order.ok_or_else(|| Problem::not_found(format!("there is no order {id}")))?;
    Ok(answer::document(&read, Audience::Client, order))
}
