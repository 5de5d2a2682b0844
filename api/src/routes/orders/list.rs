//! `GET /v1/orders`: orders, the latest first.

use axum::extract::State;
use axum::response::Response;
use domain::order::OrderStatus;
use projections::OrdersFilter;
use projections::customer_orders::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::problem::Problem;
use crate::request::{Params, Read};

/// What can be asked for.
pub const LIST_PARAMETERS: &[&str] = &["customer", "status", "channel", "limit", "after", "before"];

/// Lists orders.
pub async fn list(State(api): State<Api>, read: Read, params: Params) -> Result<Response, Problem> {
    let params = params.only(LIST_PARAMETERS, &[])?;
    let statuses = [
        OrderStatus::Placed,
        OrderStatus::Confirmed,
        OrderStatus::Completed,
        OrderStatus::Rejected,
        OrderStatus::Cancelled,
    ];
    let filter = OrdersFilter {
        customer: params.text("customer"),
        status: params.one_of("status", &statuses.map(|status| (status.as_str(), status)))?,
        channel: params.text("channel"),
    };
    let page = params.page()?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let page = queries.orders(&filter, &page).await?;
    Ok(answer::page(&read, Audience::Client, &params, &page))
}
