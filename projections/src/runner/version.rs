//! Tables of another version: who rebuilds them, and who stands back.
//!
//! A newer program rebuilds at once, beside the tables that are served. An older one leaves newer
//! tables alone while anybody posts them (a rolling upgrade), and takes them back when, for a
//! while, nobody has (a roll-back).

use journal::FeedSource;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;

use super::session::LEASE_TTL;
use super::{Memory, Runner, SessionError, within};
use crate::board::Health;
use crate::checkpoint::{self, Checkpoint};
use crate::rebuild::{self, RebuildError};

impl<S: FeedSource> Runner<S> {
    /// Rebuilds tables of another version beside the live ones, which are served meanwhile; `false` at
    /// shutdown. Needs no lease of the projection: workers of the older version may go on posting.
    pub(super) async fn settle_version(
        &self,
        connection: &mut PgConnection,
        memory: &Memory,
        shutdown: &CancellationToken,
    ) -> Result<bool, SessionError> {
        let own = self.projection.version;
        let Some(Checkpoint { version: built, .. }) = within(
            LEASE_TTL,
            checkpoint::read(connection, self.projection.name),
        )
        .await?
        else {
            return Ok(true);
        };
        if built == own {
            return Ok(true);
        }
        if built > own && !(memory.was_outdated && self.nobody_posts().await?) {
            return Err(SessionError::Outdated { built, own });
        }
        tracing::info!(
            projection = self.projection.name,
            built,
            own,
            "rebuilding the tables in this program's version"
        );
        self.entry.feels(Health::Rebuilding);
        let rebuilt = tokio::select! {
            () = shutdown.cancelled() => return Ok(false),
            rebuilt = rebuild::run(&self.journal, self.projection, |_| ()) => rebuilt,
        };
        match rebuilt {
            Ok(_) => Ok(true),
            // Another worker of this version is at it: look again.
            Err(RebuildError::AlreadyRunning(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn nobody_posts(&self) -> Result<bool, SessionError> {
        let lease = self.try_lease().await?;
        let is_free = lease.is_some();
        if let Some(lease) = lease {
            within(LEASE_TTL, lease.release(self.journal.pool())).await?;
        }
        Ok(is_free)
    }
}
