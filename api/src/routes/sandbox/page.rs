//! `GET /sandbox/payments/{reference}`: what a customer is asked to approve.

use axum::extract::State;
use http::StatusCode;

use super::nothing_to_approve;
use crate::Api;
use crate::answer::html::{Form, Page};
use crate::problem::Problem;
use crate::request::Place;

/// Shows the page.
pub async fn page(
    State(api): State<Api>,
    Place(reference): Place<String>,
) -> Result<Page, Problem> {
    let Some(amount) = api.sandbox()?.awaits_customer(&reference) else {
        return Ok(nothing_to_approve());
    };
    let form = Form::default()
        .button("Approve", "answer", "approve")
        .button("Refuse", "answer", "refuse");
    Ok(Page::new(StatusCode::OK, "Approve your payment")
        .text(&format!("The shop asks for {amount}."))
        .text("This is the built-in test gateway: no real money moves.")
        .form(&format!("/sandbox/payments/{reference}"), &form))
}
