//! `POST /v1/accounts`: somebody registers. The answer is the same whether the address is free or taken.

use axum::extract::State;
use domain::value::Text;
use identity::Registration;
use serde::Deserialize;

use crate::Api;
use crate::answer::TakenOn;
use crate::problem::Problem;
use crate::request::{Faults, Given, Hidden, Write};

/// Who wants an account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    email: Hidden,
    password: Hidden,
    name: Option<Given<Text>>,
}

/// Registers an account, or mails whoever has it.
pub async fn register(State(api): State<Api>, write: Write<Body>) -> Result<TakenOn, Problem> {
    let mut faults = Faults::default();
    let name = faults.take_optional("/name", write.body.name);
    let name = faults.finish(name)?;
    let new = Registration {
        email: write.body.email.into_secret(),
        password: write.body.password.into_secret(),
        name: name.map(|name| access::Secret::new(name.to_string())),
    };
    let repeated = api.people()?.register(new, write.context).await?;
    Ok(TakenOn::by_mail(repeated))
}
