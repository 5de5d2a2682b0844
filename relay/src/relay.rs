//! The relay: journal to Kafka, one per topic at a time.
//!
//! In position order, several chunks on their way at once; the checkpoint is the highest
//! *contiguous* acknowledged position, and a crash repeats at most what lies beyond it.
//!
//! A lease keeps a second relay waiting. The checkpoint is stored in the transaction that renews the lease, so one
//! that was paused and overtaken cannot move it, and stops as soon as it tries. What such a zombie may still have
//! published are repeats, which readers drop.

use std::time::Duration;

use journal::{Journal, Lease, TailSource};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::checkpoint::{self, in_time};
use crate::options::RelayOptions;
use crate::publish::Publisher;
use crate::session::{Session, SessionError};
use crate::topic::{self, TopicError};
use crate::trouble::{Gravity, Trouble};

/// How long another relay waits for one that has gone silent.
pub(crate) const LEASE_TTL: Duration = Duration::from_secs(8);

/// How often a relay that waits asks for the lease.
const LEASE_RETRY: Duration = Duration::from_millis(500);

/// Publishes the journal to Kafka for as long as the process lives.
pub struct Relay {
    journal: Journal,
    tail: TailSource,
    options: RelayOptions,
    holder: Uuid,
}

impl Relay {
    /// A relay of this journal.
    #[must_use]
    pub fn new(journal: Journal, options: RelayOptions) -> Self {
        let tail = TailSource::new(journal.clone());
        Self {
            journal,
            tail,
            options,
            holder: Uuid::now_v7(),
        }
    }

    /// Publishes until `shutdown`. Whatever is away is waited for.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut trouble = Trouble::new("publishing to Kafka", &self.options.topic);
        while !shutdown.is_cancelled() {
            let Err(error) = self.session(&mut trouble, &shutdown).await else {
                continue;
            };
            let gravity = match &error {
                SessionError::Topic(TopicError::Partitions { .. }) => Gravity::Lasting,
                SessionError::Journal(error) if !error.is_unavailable() => Gravity::Lasting,
                _ => Gravity::Passing,
            };
            let pause = trouble.failed(gravity, &error);
            let _ = tokio::time::timeout(pause, shutdown.cancelled()).await;
        }
    }

    /// From finding the topic and taking the lease to losing it, or to the first error.
    async fn session(
        &self,
        trouble: &mut Trouble,
        shutdown: &CancellationToken,
    ) -> Result<(), SessionError> {
        // Before the lease is taken: one that cannot reach Kafka leaves the place to one that can.
        tokio::select! {
            found = topic::ensure(&self.options) => found?,
            () = shutdown.cancelled() => return Ok(()),
        }
        let Some(lease) = self.acquire(shutdown).await? else {
            return Ok(());
        };
        let outcome = self.publish(&lease, trouble, shutdown).await;
        // Best effort: it runs out by itself.
        let _ = in_time(lease.release(self.journal.pool())).await;
        outcome
    }

    async fn acquire(&self, shutdown: &CancellationToken) -> Result<Option<Lease>, SessionError> {
        let name = format!("relay:{}", self.options.topic);
        while !shutdown.is_cancelled() {
            let asked = Lease::try_acquire(self.journal.pool(), &name, self.holder, LEASE_TTL);
            if let Some(lease) = in_time(asked).await? {
                return Ok(Some(lease));
            }
            let _ = tokio::time::timeout(LEASE_RETRY, shutdown.cancelled()).await;
        }
        Ok(None)
    }

    async fn publish(
        &self,
        lease: &Lease,
        trouble: &mut Trouble,
        shutdown: &CancellationToken,
    ) -> Result<(), SessionError> {
        let RelayOptions {
            topic, partitions, ..
        } = &self.options;
        let published = checkpoint::take_over(&self.journal, lease, topic, *partitions).await?;
        let published = published.ok_or(SessionError::Fenced)?;
        if published.last_in_partition.len() != *partitions as usize {
            let refused = TopicError::Partitions {
                topic: topic.clone(),
                found: published.last_in_partition.len(),
                wanted: *partitions,
            };
            return Err(refused.into());
        }
        tracing::info!(
            topic,
            position = published.position,
            epoch = lease.epoch(),
            "publishing"
        );
        let first = in_time(self.tail.read(0, 1)).await?;
        let journal = first.first().map(|event| event.metadata().event_id);
        let tail = self.tail.tail(published.position);
        let publisher = Publisher::new(&self.options, journal.unwrap_or_default(), published)?;
        let mut session = Session::new(&self.journal, topic, lease, trouble, publisher, tail);
        session.publish(shutdown).await
    }
}
