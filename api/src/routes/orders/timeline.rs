//! `GET /v1/orders/{id}/timeline`: every event of an order and of its payment: when, who, by which command, and what.

use axum::extract::State;
use axum::response::Response;
use domain::value::OrderId;
use projections::order_timeline::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::problem::Problem;
use crate::request::{Params, Place, Read};

/// Reads an order's timeline, in the journal's order.
pub async fn timeline(
    State(api): State<Api>,
    Place(id): Place<OrderId>,
    read: Read,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&[], &[])?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let events = queries.order_timeline(id).await?;
    if events.is_empty() {
        return Err(Problem::not_found(format!("there is no order {id}")));
    }
    let body = format!(r#"{{"order_id":"{id}","events":[{}]}}"#, events.join(","));
    Ok(answer::overview(&read, Audience::Client, body))
}
