//! What is known of a client, and what it may ask for.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::{ClientEvent, ClientRegistered};
use crate::rejection::{Rejection, RejectionCode};
use crate::value::{ClientId, RedirectUri, Scope};

/// A client. The default is one that was not registered yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// With the scopes of now.
    registered: Option<Arc<ClientRegistered>>,
    status: ClientStatus,
}

/// Whether a client can do anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientStatus {
    /// It can, if it is known.
    #[default]
    Enabled,
    /// It cannot.
    Disabled,
}

impl Client {
    /// What it is, with the scopes of now; nothing before it was registered.
    #[must_use]
    pub fn registered(&self) -> Option<&ClientRegistered> {
        self.registered.as_deref()
    }

    /// Its id, once registered.
    #[must_use]
    pub fn id(&self) -> Option<ClientId> {
        self.registered().map(|registered| registered.client_id)
    }

    /// Whether it can do anything.
    #[must_use]
    pub const fn status(&self) -> ClientStatus {
        self.status
    }

    /// What it is, if it is known and enabled.
    #[must_use]
    pub fn enabled(&self) -> Option<&ClientRegistered> {
        let is_enabled = self.status == ClientStatus::Enabled;
        self.registered().filter(|_| is_enabled)
    }

    /// The registered address that lets people be sent to `asked`; none if no address does, or the
    /// client is not enabled.
    #[must_use]
    pub fn redirect_for(&self, asked: &str) -> Option<&RedirectUri> {
        let mut uris = self.enabled()?.redirect_uris.iter();
        uris.find(|uri| uri.allows(asked))
    }

    /// What it is given when it asks for `wanted`: that, or all that it may have if it does not say.
    ///
    /// # Errors
    /// `insufficient-scope` if it is not enabled, or asks for more than it may have.
    pub fn grant(&self, wanted: &BTreeSet<Scope>) -> Result<BTreeSet<Scope>, Rejection> {
        let refuse = |detail: String| Rejection::new(RejectionCode::InsufficientScope, detail);
        let Some(registered) = self.enabled() else {
            return Err(refuse("the client is not enabled".into()));
        };
        if wanted.is_empty() {
            return Ok(registered.scopes.clone());
        }
        let missing: Vec<_> = wanted.difference(&registered.scopes).collect();
        if missing.is_empty() {
            return Ok(wanted.clone());
        }
        let missing: Vec<_> = missing.into_iter().map(|scope| scope.as_str()).collect();
        let detail = format!("the client may not have {}", missing.join(" "));
        Err(refuse(detail))
    }

    /// Takes `event` into account.
    pub fn evolve(&mut self, event: &ClientEvent) {
        match event {
            ClientEvent::ClientRegistered(registered) => self.registered = Some(registered.clone()),
            ClientEvent::ClientScopesChanged { scopes } => {
                if let Some(registered) = self.registered.as_mut().map(Arc::make_mut) {
                    registered.scopes.clone_from(scopes);
                }
            }
            ClientEvent::ClientDisabled {} => self.status = ClientStatus::Disabled,
            // The secret is in the vault.
            ClientEvent::ClientSecretRotated { .. } => {}
        }
    }
}
