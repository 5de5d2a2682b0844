//! Why somebody is not let in, or something could not be done.

use access::NoRandomness;
use access::password::HashError;
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
    /// The address, the password or the code is wrong, or there is no such account, or its address is not verified: a stranger is
    /// not told which.
    #[error(
        "the e-mail address, the password or the code is not right, or the address is not confirmed yet: open the link that \
         was mailed when you registered, or ask for a new password"
    )]
    InvalidCredentials,
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

impl IdentityError {
    /// A fault of ours or of what the vault holds; what it is goes to the log.
    pub(crate) fn defect(what: &str) -> Self {
        tracing::error!("{what}");
        Self::Defect
    }

    /// A field is wrong.
    pub(crate) fn invalid(pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        Rejection::invalid(pointer, code, detail).into()
    }

    /// More at once than is taken on.
    pub(crate) const fn overloaded() -> Self {
        Self::Command(CommandError::Overloaded)
    }

    /// The rejection, if it is one.
    #[must_use]
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Command(CommandError::Rejected(rejection)) => Some(rejection),
            _ => None,
        }
    }
}

/// Whether a command was refused because of this field, with this code.
pub(crate) fn is_refused_at(error: &CommandError, pointer: &str, code: &str) -> bool {
    let CommandError::Rejected(rejection) = error else {
        return false;
    };
    let mut fields = rejection.fields.iter();
    fields.any(|field| field.pointer == pointer && field.code == code)
}

impl From<HashError> for IdentityError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::overloaded(),
            HashError::NoRandomness(error) => error.into(),
            HashError::Hash(_) | HashError::BrokenOff => Self::defect(&error.to_string()),
        }
    }
}

impl From<JournalError> for IdentityError {
    fn from(error: JournalError) -> Self {
        tracing::warn!(%error, "the vault cannot be reached");
        Self::Unavailable
    }
}

impl From<SealError> for IdentityError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::TooLong(_) => Self::invalid("", "too-long", error.to_string()),
            SealError::NoRandomness(error) => error.into(),
            SealError::DoesNotOpen | SealError::UnknownMasterKey(_) => Self::MasterKey(error),
        }
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
