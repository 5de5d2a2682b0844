//! What a client answers to a command.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::command::{ClientCommand, RegisterClient};
use super::event::{ClientEvent, ClientKind, ClientRegistered};
use super::state::{Client, ClientStatus};
use crate::facts::Facts;
use crate::rejection::{FieldError, Rejection};
use crate::value::Scope;

/// Most redirect URIs of one client.
pub const REDIRECT_URIS_PER_CLIENT_MAX: usize = 20;

type Decision = Result<Vec<ClientEvent>, Rejection>;

/// Decides `command` against `client`.
pub fn decide(client: &Client, command: ClientCommand, facts: &Facts) -> Decision {
    let (command, registered) = match (command, client.registered()) {
        (ClientCommand::RegisterClient(new), _) => return register(client, new),
        (_, None) => return Err(Rejection::not_found("there is no such client")),
        (command, Some(registered)) => (command, registered),
    };
    match (command, client.status()) {
        (ClientCommand::DisableClient, ClientStatus::Enabled) => {
            Ok(vec![ClientEvent::ClientDisabled {}])
        }
        (ClientCommand::DisableClient, ClientStatus::Disabled) => Ok(Vec::new()),
        (_, ClientStatus::Disabled) => {
            let detail = "the client is disabled for good; register another";
            Err(Rejection::invalid("", "client-disabled", detail))
        }
        (ClientCommand::RotateClientSecret, _) => rotate(registered, facts),
        (ClientCommand::ChangeClientScopes { scopes }, _) => Ok(rescope(registered, scopes)),
        // Answered above.
        (ClientCommand::RegisterClient(_), _) => Ok(Vec::new()),
    }
}

fn register(client: &Client, new: RegisterClient) -> Decision {
    if let Some(id) = client.id() {
        let detail = format!("client {id} exists already; take a new id");
        return Err(Rejection::invalid("/id", "exists-already", detail));
    }
    let wrong = redirect_errors(&new);
    if !wrong.is_empty() {
        return Err(Rejection::validation(wrong));
    }
    let registered = ClientRegistered {
        client_id: new.client_id,
        name: new.name,
        kind: new.kind,
        redirect_uris: new.redirect_uris,
        scopes: new.scopes,
    };
    Ok(vec![ClientEvent::ClientRegistered(Arc::new(registered))])
}

fn redirect_errors(new: &RegisterClient) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    if new.redirect_uris.len() > REDIRECT_URIS_PER_CLIENT_MAX {
        let detail = format!("too many redirect URIs; the most is {REDIRECT_URIS_PER_CLIENT_MAX}");
        wrong.push(FieldError::new("/redirect_uris", "too-many", detail));
    }
    if new.kind == ClientKind::Public && new.redirect_uris.is_empty() {
        let detail = "a public client acts for people only: say where they are sent back to";
        wrong.push(FieldError::new("/redirect_uris", "missing", detail));
    }
    let mut seen = BTreeSet::new();
    for (at, uri) in new.redirect_uris.iter().enumerate() {
        if !seen.insert(uri) {
            let pointer = format!("/redirect_uris/{at}");
            let detail = format!("{uri} is listed twice");
            wrong.push(FieldError::new(pointer, "duplicate-uri", detail));
        }
    }
    wrong
}

fn rotate(registered: &ClientRegistered, facts: &Facts) -> Decision {
    if registered.kind == ClientKind::Public {
        let detail = "a public client has no secret";
        return Err(Rejection::invalid("", "no-secret", detail));
    }
    let rotated_at = facts.now;
    Ok(vec![ClientEvent::ClientSecretRotated { rotated_at }])
}

fn rescope(registered: &ClientRegistered, scopes: BTreeSet<Scope>) -> Vec<ClientEvent> {
    if scopes == registered.scopes {
        return Vec::new();
    }
    vec![ClientEvent::ClientScopesChanged { scopes }]
}
