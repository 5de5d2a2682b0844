//! The port to the list of what is due: a query table, which this crate knows nothing of.

use domain::timer::Timer;
use domain::value::Timestamp;
use futures::future::BoxFuture;

/// What is due when.
pub trait DueList: Send + Sync + 'static {
    /// What is due at `now`, and since when: the oldest first, `limit` at most. The error says why it cannot be read now.
    fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<(Timer, Timestamp)>, String>>;
}
