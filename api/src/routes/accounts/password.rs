//! `POST /v1/accounts/me/password`: another password, by whoever knows the old one. Every session ends.

use axum::extract::State;
use serde::Deserialize;

use super::own;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Hidden, Write};

/// The old password and the new one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    old_password: Hidden,
    new_password: Hidden,
}

/// Changes one's own password.
pub async fn change_password(
    State(api): State<Api>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let id = own(&write.allowed)?.account;
    let people = api.people()?;
    let (old, new) = (write.body.old_password, write.body.new_password);
    let done = people.change_password(id, old.expose(), new.expose(), write.context);
    Ok(Accepted::changed(done.await?))
}
