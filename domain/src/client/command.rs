//! What may be asked of a client.

use std::collections::BTreeSet;

use super::event::ClientKind;
use crate::value::{ClientId, RedirectUri, Scope, Text};

/// A command to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCommand {
    /// Make a client known. The secret of a confidential one is put into the vault beside it.
    RegisterClient(RegisterClient),
    /// Take another secret, which is put into the vault beside it; the old one is worth nothing.
    RotateClientSecret,
    /// Change what it may be allowed.
    ChangeClientScopes {
        /// All its scopes anew.
        scopes: BTreeSet<Scope>,
    },
    /// Let it do nothing any more.
    DisableClient,
}

/// A new client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterClient {
    /// Its id.
    pub client_id: ClientId,
    /// Its name, as people see it when they let it in.
    pub name: Text,
    /// Whether it can keep a secret.
    pub kind: ClientKind,
    /// Where it may have people sent back to.
    pub redirect_uris: Vec<RedirectUri>,
    /// What it may be allowed.
    pub scopes: BTreeSet<Scope>,
}

impl ClientCommand {
    /// Its name, as recorded.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RegisterClient(_) => "RegisterClient",
            Self::RotateClientSecret => "RotateClientSecret",
            Self::ChangeClientScopes { .. } => "ChangeClientScopes",
            Self::DisableClient => "DisableClient",
        }
    }
}
