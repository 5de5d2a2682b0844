//! `POST /v1/accounts/verification-mails`: the link that verifies an address is mailed again. The answer is the same for every
//! address.

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

/// Mails the link again.
pub async fn resend(State(api): State<Api>, write: Write<Body>) -> Result<TakenOn, Problem> {
    let people = api.people()?;
    let email = write.body.email.expose();
    let repeated = people.mail_verification_again(email, write.context).await?;
    Ok(TakenOn::by_mail(repeated))
}
