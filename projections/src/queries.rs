//! The readers' handle: typed reads of every query table, of the journal, and of how far the
//! projections are.
//!
//! The reads of a table live in its folder (`order_detail/read.rs`); here is what they share. A
//! statement that narrows a list down is planned for its values and not kept: a
//! plan made for any category would be a bad one for the largest.

mod events;
mod fetcher;
mod latest;
mod page;
mod wait;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use journal::{Journal, JournalError, Position};
use sqlx::PgPool;
use uuid::Uuid;

use crate::Document;
use crate::board::Board;
use crate::document_cache::Found;

pub use events::{EventsFilter, EventsPage};
use fetcher::Fetcher;
pub(crate) use page::{Keyset, Side};
pub use page::{Page, PageQuery};
pub use wait::ProjectionBehind;

/// How long one read may take.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A read gave no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum QueryError {
    /// The database does not answer, or the query table is not there yet. Try again later.
    #[error("the query tables cannot be read at the moment: {0}")]
    Unavailable(String),
    /// The projection has not reached the asked-for position.
    #[error(transparent)]
    Behind(#[from] ProjectionBehind),
    /// The cursor is not one of ours, or one of another list or sorting.
    #[error("the cursor is not one that this list gave out; start without a cursor")]
    InvalidCursor,
    /// A filter makes no sense.
    #[error("{field}: {reason}")]
    InvalidFilter {
        /// Which query parameter.
        field: &'static str,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// There is no such projection.
    #[error("there is no projection `{0}`; `GET /v1/projections` lists them")]
    UnknownProjection(String),
    /// A defect of ours. The message is for the log, not for the client.
    #[error("a query failed: {0}")]
    Internal(String),
}

impl QueryError {
    /// A filter that makes no sense.
    pub(crate) fn filter(field: &'static str, reason: impl Into<String>) -> Self {
        Self::InvalidFilter {
            field,
            reason: reason.into(),
        }
    }

    /// Whether trying again later may help.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Behind(_))
    }
}

/// Tables or columns that are not there (yet, or no more): this process and the built tables are
/// of different versions for a moment. 0A000 is a cached plan whose result changed.
const SHAPE_CODES: &[&str] = &["42P01", "42703", "3F000", "0A000"];

/// A statement that took too long, and a lock that was not to be had.
const BUSY_CODES: &[&str] = &["57014", "55P03"];

/// A text that Postgres cannot hold: one with a NUL.
const TEXT_CODE: &str = "22021";

impl From<JournalError> for QueryError {
    fn from(error: JournalError) -> Self {
        if let JournalError::Refused(sqlx::Error::Database(refusal)) = &error
            && refusal.code().is_some_and(|code| code == TEXT_CODE)
        {
            return Self::filter("query", "no parameter may hold the character NUL");
        }
        let passing = match &error {
            JournalError::Refused(sqlx::Error::Database(refusal)) => refusal
                .code()
                .is_some_and(|code| SHAPE_CODES.contains(&&*code) || BUSY_CODES.contains(&&*code)),
            other => other.is_unavailable(),
        };
        if passing {
            Self::Unavailable(error.to_string())
        } else {
            Self::Internal(error.to_string())
        }
    }
}

impl From<sqlx::Error> for QueryError {
    fn from(error: sqlx::Error) -> Self {
        JournalError::from(error).into()
    }
}

/// Reads the query tables. Cheap to clone.
#[derive(Clone)]
pub struct Queries {
    journal: Journal,
    board: Board,
    /// Whose orders, with their payments, alone are there; everybody's if not said.
    only_of: Option<Arc<str>>,
    /// Fetch what is not in memory.
    pub(crate) products: Fetcher,
    pub(crate) orders: Fetcher,
}

impl Queries {
    /// Reads the tables beside this journal; `board` is the one that this process' runners write
    /// on, or a new one where none run.
    #[must_use]
    pub fn new(journal: Journal, board: Board) -> Self {
        let pool = journal.pool();
        Self {
            products: Fetcher::new(pool, crate::product_page::FETCH),
            orders: Fetcher::new(pool, crate::order_detail::FETCH),
            journal,
            board,
            only_of: None,
        }
    }

    /// The same tables for somebody who reads no others' orders: to this handle only orders of this customer are there,
    /// with their payments and timelines. With `None`, everybody's are. What is no customer's own is not narrowed.
    #[must_use]
    pub fn only_of(&self, customer: Option<String>) -> Self {
        Self {
            only_of: customer.map(Arc::from),
            ..self.clone()
        }
    }

    /// Whose orders alone are there, as statements are bound to it.
    pub(crate) fn customer(&self) -> Option<&str> {
        self.only_of.as_deref()
    }

    pub(crate) fn pool(&self) -> &PgPool {
        self.journal.pool()
    }

    /// Runs a read under its deadline.
    pub(crate) async fn bounded<T, E: Into<QueryError>>(
        &self,
        read: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, QueryError> {
        within_deadline(read).await
    }

    /// The document that is kept under this id: from memory, or by `read`, which fetches it.
    pub(crate) async fn cached<E: Into<QueryError>>(
        &self,
        projection: &crate::Projection,
        id: Uuid,
        read: impl Future<Output = Result<Option<Document>, E>> + Send,
    ) -> Result<Option<Document>, QueryError> {
        let entry = self.board.entry(projection.name);
        match entry.documents.find(id, entry.low()) {
            Found::Document(document) => Ok(Some(document)),
            Found::Fetch(ticket) => {
                let fetched = self.bounded(read).await?;
                entry.documents.keep(id, &ticket, fetched.as_ref());
                Ok(fetched)
            }
            Found::Closed => self.bounded(read).await,
        }
    }

    /// The position of the journal's last event.
    pub async fn head(&self) -> Result<Position, QueryError> {
        self.bounded(self.journal.head()).await
    }

    /// Whether queries can be answered: the database is there.
    pub async fn ready(&self) -> Result<(), QueryError> {
        self.bounded(sqlx::query("select 1").execute(self.pool()))
            .await
            .map(drop)
    }
}

async fn within_deadline<T, E: Into<QueryError>>(
    read: impl Future<Output = Result<T, E>> + Send,
) -> Result<T, QueryError> {
    match tokio::time::timeout(READ_TIMEOUT, read).await {
        Ok(answer) => answer.map_err(Into::into),
        Err(_) => Err(QueryError::Unavailable(format!(
            "no answer within {} s",
            READ_TIMEOUT.as_secs()
        ))),
    }
}
