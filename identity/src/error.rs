//! Why somebody is not let in, or something could not be done.

use access::token::TokenRefusal;
use commands::CommandError;

/// Why not.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IdentityError {
    /// The token is not good.
    #[error(transparent)]
    Token(#[from] TokenRefusal),
    /// The token was good, and its session has ended or its client was disabled.
    #[error("the token was revoked")]
    Revoked,
    /// The command was refused, or failed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The vault cannot be reached.
    #[error("accounts cannot be reached at the moment; try again shortly")]
    Unavailable,
}
