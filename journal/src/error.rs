//! What can go wrong between a caller and the journal.

use crate::StreamId;

/// Reading, opening or caching failed.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Postgres is away, or too slow. Try again later.
    #[error("the journal's database does not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Postgres answered with an error: a defect of ours, or a database that is not a journal.
    #[error("the journal's database refused: {0}")]
    Refused(#[source] sqlx::Error),
    /// A position is missing. Never waited for: positions have no gaps, so this is damage.
    #[error("position {missing} is missing from the journal: the next one there is {found}")]
    Hole {
        /// The position that should have come.
        missing: u64,
        /// The position that came.
        found: u64,
    },
    /// The migrations could not be run.
    #[error("the database could not be migrated: {0}")]
    Migrate(#[source] Box<sqlx::migrate::MigrateError>),
    /// The journal holds events that this program cannot read.
    #[error("{0}")]
    Unreadable(#[from] crate::UnreadableKind),
    /// A stored snapshot or payload is not what it should be.
    #[error("{stream} holds something that cannot be read: {reason}")]
    Corrupt {
        /// Where it was found.
        stream: StreamId,
        /// What was wrong.
        reason: String,
    },
}

impl JournalError {
    /// Whether trying again later may help.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Class 57 (operator intervention: shutdown, cannot connect now) and 53 (out of resources)
/// pass; 25006 is a primary that became a replica; 40 is a roll-back worth another try.
fn passes_by_itself(code: &str) -> bool {
    code.starts_with("57") || code.starts_with("53") || code.starts_with("40") || code == "25006"
}

impl From<sqlx::Error> for JournalError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal)
                if refusal.code().is_none_or(|code| !passes_by_itself(&code)) =>
            {
                Self::Refused(error)
            }
            sqlx::Error::Database(_)
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            _ => Self::Refused(error),
        }
    }
}

/// An append was not answered with outcomes.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Nothing of the batch was appended, and nothing will be: Postgres is away.
    #[error("nothing was appended, the journal's database does not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Nothing of the batch was appended: Postgres refused it.
    #[error("nothing was appended, the journal's database refused the batch: {0}")]
    Refused(#[source] sqlx::Error),
    /// The connection died and the outcome could not be learnt in time. The batch may have been
    /// appended; a client that sends the same idempotency key again will get the right answer.
    #[error("the connection to the journal died and the outcome could not be learnt: {0}")]
    Unknown(#[source] sqlx::Error),
}
