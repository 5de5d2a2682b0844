//! `POST /sandbox/payments/{reference}`: the customer approves the payment, or refuses to.
//!
//! What follows reaches the shop as with a real gateway: by a signed webhook.

use axum::extract::{Request, State};
use http::StatusCode;

use super::nothing_to_approve;
use crate::Api;
use crate::CustomerAnswer;
use crate::answer::html::Page;
use crate::problem::{Code, Problem};
use crate::request::{Place, read_body};

/// Takes the answer.
pub async fn answer(
    State(api): State<Api>,
    Place(reference): Place<String>,
    request: Request,
) -> Result<Page, Problem> {
    let sandbox = api.sandbox()?;
    let body = read_body(request.into_body(), api.options()).await?;
    let answer = given(&body)?;
    if !sandbox.answer(&reference, answer) {
        return Ok(nothing_to_approve());
    }
    let title = match answer {
        CustomerAnswer::Approves => "You approved the payment",
        CustomerAnswer::Refuses => "You refused the payment",
    };
    Ok(Page::new(StatusCode::OK, title).text("The shop has been told. You can close this page."))
}

fn given(body: &[u8]) -> Result<CustomerAnswer, Problem> {
    let mut fields = form_urlencoded::parse(body).filter(|(name, _)| name == "answer");
    match fields.next().as_ref().map(|(_, value)| &**value) {
        Some("approve") => Ok(CustomerAnswer::Approves),
        Some("refuse") => Ok(CustomerAnswer::Refuses),
        _ => Err(Problem::new(
            Code::MalformedRequest,
            "the form has a field `answer`, which is `approve` or `refuse`",
        )),
    }
}
