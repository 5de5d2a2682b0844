//! Why a command was not accepted.

use domain::Rejection;

/// Why a command was not accepted, or why that is not known.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommandError {
    /// The shop's rules do not allow it.
    #[error("{0}")]
    Rejected(Box<Rejection>),
    /// The stream is not at the version that the client named.
    #[error(
        "the version is {current}, not {expected}: somebody changed it in between; read it again"
    )]
    VersionMismatch {
        /// What the client named.
        expected: u64,
        /// What it is.
        current: u64,
    },
    /// The request's key was used before, for something else.
    #[error(
        "this Idempotency-Key was used before with another body; use a new key for a new request"
    )]
    KeyReused,
    /// Too many requests with this key are waiting for the first one's outcome.
    #[error("a request with this Idempotency-Key is still running")]
    KeyInProgress,
    /// Other processes kept writing to the same streams.
    #[error("others kept changing the same records; try again")]
    Contended,
    /// More commands wait than the executor takes.
    #[error("too many commands are waiting; try again in a moment")]
    Overloaded,
    /// The journal is away. Nothing was appended.
    #[error("the journal does not answer; nothing was changed")]
    Unavailable,
    /// The journal went away while it worked. A repeat with the same key gets the right answer.
    #[error(
        "the journal went away before it answered; repeat the request with the same Idempotency-Key to learn the outcome"
    )]
    OutcomeUnknown,
    /// The command waited too long and was given up. Nothing was appended.
    #[error("the command waited too long and was given up; nothing was changed")]
    TimedOut,
    /// A defect of Daybook.
    #[error("an internal error; nothing was changed")]
    Defect,
}

impl From<Rejection> for CommandError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(Box::new(rejection))
    }
}
