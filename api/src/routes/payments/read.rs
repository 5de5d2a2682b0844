//! `GET /v1/payments/{id}`: one payment, with every request to its gateway and what came of it.

use axum::extract::State;
use axum::response::Response;
use domain::value::PaymentId;
use projections::payment_detail::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::problem::Problem;
use crate::request::{Params, Place, Read};

/// Reads a payment.
pub async fn read(
    State(api): State<Api>,
    Place(id): Place<PaymentId>,
    read: Read,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&[], &[])?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let payment = queries.payment(id.0).await?;
    let payment = payment.ok_or_else(|| Problem::not_found(format!("there is no payment {id}")))?;
    Ok(answer::document(&read, Audience::Client, payment))
}
