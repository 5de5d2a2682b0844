//! Why somebody is not let in, or something could not be done.

use access::NoRandomness;
use access::seal::SealError;
use access::token::TokenRefusal;
use commands::CommandError;
use domain::Rejection;
use journal::JournalError;

/// Why not.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IdentityError {
    /// The token is not good.
    #[error(transparent)]
    Token(#[from] TokenRefusal),
    /// The token was good, and its session has ended or its client is disabled.
    #[error("the session of this token has ended; log in again")]
    Revoked,
    /// The command was refused, or failed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// What is wrapped in the vault does not open with the master key that is configured.
    #[error(
        "what the vault holds does not open with the master key: {0}. Configure the master key that these books were begun with"
    )]
    MasterKey(SealError),
    /// The vault cannot be reached.
    #[error("accounts cannot be reached at the moment; try again shortly")]
    Unavailable,
    /// A fault of Daybook's own; the log says which.
    #[error("an internal error; nothing was changed")]
    Defect,
}

impl From<JournalError> for IdentityError {
    fn from(error: JournalError) -> Self {
        tracing::warn!(%error, "the vault cannot be reached");
        Self::Unavailable
    }
}

impl From<SealError> for IdentityError {
    fn from(error: SealError) -> Self {
        Self::MasterKey(error)
    }
}

impl From<NoRandomness> for IdentityError {
    fn from(error: NoRandomness) -> Self {
        tracing::error!(%error, "no key or token can be made");
        Self::Unavailable
    }
}

impl From<Rejection> for IdentityError {
    fn from(rejection: Rejection) -> Self {
        Self::Command(rejection.into())
    }
}
