//! What can be set, and what holds when nothing is.

use access::seal::MasterKeys;

use crate::TokenOptions;

/// The settings of accounts and access.
#[derive(Clone)]
pub struct IdentityOptions {
    /// The key that wraps all others.
    pub master: MasterKeys,
    /// The address under which clients reach this server, without a slash at the end: the issuer of its tokens (RFC 8414 2), the
    /// same on every node.
    pub public_url: String,
    /// Tokens and clients.
    pub tokens: TokenOptions,
}

impl IdentityOptions {
    /// The defaults for a server at this address.
    #[must_use]
    pub fn new(master: MasterKeys, public_url: impl Into<String>) -> Self {
        let public_url: String = public_url.into();
        Self {
            master,
            public_url: public_url.trim_end_matches('/').to_owned(),
            tokens: TokenOptions::default(),
        }
    }
}
