//! A client as it is shown.

use std::collections::BTreeSet;

use domain::Event;
use domain::client::{ClientEvent, ClientKind, ClientStatus};
use domain::value::{ClientId, RedirectUri, Scope, Text, Timestamp};
use journal::Position;
use serde::{Deserialize, Serialize};

use crate::fold::StreamDocument;
use crate::projection::{PostError, Posting};

/// The document, and the list's item.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ClientDocument {
    pub id: ClientId,
    pub version: u64,
    /// Of the registration: what the list is sorted by.
    pub position: Position,
    name: Text,
    kind: ClientKind,
    status: ClientStatus,
    redirect_uris: Vec<RedirectUri>,
    scopes: BTreeSet<Scope>,
    registered_at: Timestamp,
    secret_rotated_at: Option<Timestamp>,
}

impl StreamDocument for ClientDocument {
    fn open(first: &Posting) -> Result<Self, PostError> {
        let Event::Client(ClientEvent::ClientRegistered(registered)) = &first.event else {
            return Err(first.poison("a client does not begin with its registration"));
        };
        Ok(Self {
            id: registered.client_id,
            version: first.sequence,
            position: first.position,
            name: registered.name.clone(),
            kind: registered.kind,
            status: ClientStatus::Enabled,
            redirect_uris: registered.redirect_uris.clone(),
            scopes: registered.scopes.clone(),
            registered_at: first.recorded_at,
            secret_rotated_at: None,
        })
    }

    fn evolve(&mut self, posting: &Posting) {
        self.version = posting.sequence;
        let Event::Client(event) = &posting.event else {
            return;
        };
        match event {
            ClientEvent::ClientSecretRotated { rotated_at } => {
                self.secret_rotated_at = Some(*rotated_at);
            }
            ClientEvent::ClientScopesChanged { scopes } => self.scopes.clone_from(scopes),
            ClientEvent::ClientDisabled {} => self.status = ClientStatus::Disabled,
            ClientEvent::ClientRegistered(_) => {}
        }
    }

    fn version(&self) -> u64 {
        self.version
    }
}
