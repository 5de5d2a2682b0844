//! `POST /v1/clients`: a client is made known. A confidential one is told its secret, here and never again; a repeat of the
//! request under its key is told the same.

use axum::extract::State;
use domain::client::{ClientKind, RegisterClient};
use domain::value::{RedirectUri, Scope, Text};
use serde::Deserialize;
use uuid::Uuid;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, Write};

/// What the ids of clients are derived within.
const CLIENTS: Uuid = Uuid::from_u128(0x0193_4f9c_6b1e_7d53_a2c4_5e0d_8f7b_1a96);

/// A new client.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    name: Given<Text>,
    /// `confidential`: it can keep a secret. `public`: it cannot.
    kind: ClientKind,
    #[serde(default)]
    redirect_uris: Vec<Given<RedirectUri>>,
    scopes: Vec<Given<Scope>>,
}

/// Registers a client.
pub async fn register(State(api): State<Api>, write: Write<Body>) -> Result<Accepted, Problem> {
    let id = write.derived_id(CLIENTS);
    let new = write.body.client(id)?;
    let people = api.people()?;
    let (receipt, secret) = people.register_client(new, write.context).await?;
    let accepted = Accepted::created(receipt, "/v1/clients");
    Ok(match secret {
        Some(secret) => accepted.with("client_secret", secret.expose()),
        None => accepted,
    })
}

impl Body {
    fn client(self, id: Uuid) -> Result<RegisterClient, Problem> {
        let mut faults = Faults::default();
        let name = faults.take("/name", self.name);
        let redirect_uris = faults.take_all("/redirect_uris", self.redirect_uris);
        let scopes = faults.take_all("/scopes", self.scopes);
        let build = || {
            Some(RegisterClient {
                client_id: id.into(),
                name: name?,
                kind: self.kind,
                redirect_uris: redirect_uris?,
                scopes: scopes?.into_iter().collect(),
            })
        };
        faults.finish(build())
    }
}
