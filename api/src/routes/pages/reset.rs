//! `GET|POST /reset`: the page on which another password is chosen.

use access::password::{CHARACTERS_MAX, CHARACTERS_MIN};
use axum::extract::State;
use http::StatusCode;

use super::PARAMETERS;
use super::form::{Sent, refused};
use crate::Api;
use crate::answer::html::{Form, Page};
use crate::problem::Problem;
use crate::request::Params;

const TITLE: &str = "Choose a new password";

/// Shows the form.
pub async fn reset(params: Params) -> Result<Page, Problem> {
    let params = params.only(PARAMETERS, &[])?;
    let token = params.text("token").unwrap_or_default();
    let rule = format!(
        "It has {CHARACTERS_MIN} to {CHARACTERS_MAX} characters, and is none that many people have."
    );
    Ok(Page::new(StatusCode::OK, TITLE)
        .text(&rule)
        .form("/reset", &form(&token)))
}

/// A password was chosen.
pub async fn submit_reset(State(api): State<Api>, sent: Sent) -> Result<Page, Problem> {
    let people = api.people()?;
    let (token, password) = (sent.field("token"), sent.field("password"));
    let done = people
        .reset_password(token, password, sent.context.clone())
        .await;
    Ok(match done {
        Ok(_) => Page::new(StatusCode::OK, "Thank you").text(
            "Your password is changed, and you are logged out everywhere. You can log in now.",
        ),
        // Another password may be taken; the link works still.
        Err(error) => refused(TITLE, &error.into()).form("/reset", &form(token)),
    })
}

fn form(token: &str) -> Form {
    Form::default()
        .hidden("token", token)
        .field("New password", "password", "password", "new-password")
        .button("Change", "answer", "change")
}
