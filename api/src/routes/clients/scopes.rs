//! `PUT /v1/clients/{id}/scopes`: what a client may ask for from now on, all of it anew.

use axum::extract::State;
use domain::value::{ClientId, Scope};
use serde::Deserialize;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, Place, Write};

/// The scopes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    scopes: Vec<Given<Scope>>,
}

/// Changes what a client may ask for. Tokens that it has stay as they are for the minutes that they live.
pub async fn change_scopes(
    State(api): State<Api>,
    Place(id): Place<ClientId>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let mut faults = Faults::default();
    let scopes = faults.take_all("/scopes", write.body.scopes);
    let scopes = faults.finish(scopes)?.into_iter().collect();
    let people = api.people()?;
    let receipt = people
        .change_client_scopes(id, scopes, write.context)
        .await?;
    Ok(Accepted::changed(receipt))
}
