//! `GET|POST /verify`: the page on which an address is confirmed.

use axum::extract::State;
use http::StatusCode;

use super::PARAMETERS;
use super::form::{Sent, refused};
use crate::Api;
use crate::answer::html::{Form, Page};
use crate::problem::Problem;
use crate::request::Params;

const TITLE: &str = "Confirm your e-mail address";

/// Shows the button.
pub async fn verify(params: Params) -> Result<Page, Problem> {
    let params = params.only(PARAMETERS, &[])?;
    let token = params.text("token").unwrap_or_default();
    let form = Form::default()
        .hidden("token", &token)
        .button("Confirm", "answer", "confirm");
    let page = Page::new(StatusCode::OK, TITLE);
    Ok(page
        .text("Press the button, and you can log in.")
        .form("/verify", &form))
}

/// The button was pressed.
pub async fn submit_verify(State(api): State<Api>, sent: Sent) -> Result<Page, Problem> {
    let people = api.people()?;
    let done = people
        .verify_email(sent.field("token"), sent.context.clone())
        .await;
    Ok(match done {
        Ok(_) => Page::new(StatusCode::OK, "Thank you")
            .text("Your address is confirmed. You can log in now."),
        Err(error) => refused(TITLE, &error.into()),
    })
}
