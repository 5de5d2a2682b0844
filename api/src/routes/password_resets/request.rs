//! `POST /v1/password-resets`: a link for another password is mailed. The answer is the same for every address.

use axum::extract::State;
use serde::Deserialize;

use crate::Api;
use crate::answer::TakenOn;
use crate::problem::Problem;
use crate::request::{Hidden, Write};

/// Which address.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    email: Hidden,
}

/// Mails the link.
pub async fn request(State(api): State<Api>, write: Write<Body>) -> Result<TakenOn, Problem> {
    let people = api.people()?;
    let email = write.body.email.expose();
    let repeated = people.forgot_password(email, write.context).await?;
    Ok(TakenOn::by_mail(repeated))
}
