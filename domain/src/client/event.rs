//! What has happened to a client.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::kind::event_kinds;
use crate::value::{ClientId, RedirectUri, Scope, Text, Timestamp};

/// An event of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ClientEvent {
    /// The client was made known; with a secret, if it is confidential.
    ClientRegistered(Arc<ClientRegistered>),
    /// Another secret is in the vault, and the one before is worth nothing.
    ClientSecretRotated {
        /// Since when.
        rotated_at: Timestamp,
    },
    /// It may be allowed something else; everything is as it is now.
    ClientScopesChanged {
        /// All its scopes.
        scopes: BTreeSet<Scope>,
    },
    /// It can do nothing any more.
    ClientDisabled {},
}

event_kinds!(
    ClientEvent,
    "client",
    [
        ClientRegistered "1",
        ClientSecretRotated "1",
        ClientScopesChanged "1",
        ClientDisabled "1",
    ]
);

/// Which client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClientRegistered {
    /// Its id.
    pub client_id: ClientId,
    /// Its name, as people see it.
    pub name: Text,
    /// Whether it can keep a secret.
    pub kind: ClientKind,
    /// Where it may have people sent back to.
    pub redirect_uris: Vec<RedirectUri>,
    /// What it may be allowed.
    pub scopes: BTreeSet<Scope>,
}

/// Whether a client can keep a secret (RFC 6749, section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// It can: it runs on a server of its owner.
    Confidential,
    /// It cannot: it runs where anybody can look into it.
    Public,
}
