//! Following the journal, so that the states in memory keep in step with what other processes append.

use std::sync::Arc;
use std::time::Duration;

use journal::{Feed, Journal, RecordedEvent, TailSource};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::decider::Decider;
use super::loader;
use crate::watch::Waiters;

/// How many events of the journal are looked at in one go.
const FOLLOW_EVENTS_MAX: usize = 1_024;

/// How many such batches wait for the decider.
const FOLLOW_BATCHES_MAX: usize = 4;

/// How long to wait before following is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(200);

impl Decider {
    /// Keeps the states in memory in step with what other processes appended. This process' own
    /// events are counted in already.
    pub(super) fn recorded(&mut self, events: &[Arc<RecordedEvent>]) {
        for event in events {
            let Some(entry) = self.cache.get_mut(&event.stream) else {
                continue;
            };
            if event.sequence <= entry.version {
                continue;
            }
            match loader::decode(event) {
                Ok(decoded) if event.sequence == entry.version + 1 => {
                    entry.state.evolve(&decoded);
                    entry.version = event.sequence;
                }
                _ => self.cache.forget(&event.stream),
            }
        }
    }
}

/// Follows the journal from now on, in a task of its own; what it holds is told to those who wait for
/// it and comes out of the receiver.
pub(super) fn follow(
    tail: TailSource,
    journal: Journal,
    waiters: Waiters,
) -> (JoinHandle<()>, mpsc::Receiver<Vec<Arc<RecordedEvent>>>) {
    let (sender, receiver) = mpsc::channel(FOLLOW_BATCHES_MAX);
    (tokio::spawn(run(tail, journal, waiters, sender)), receiver)
}

async fn run(
    tail: TailSource,
    journal: Journal,
    waiters: Waiters,
    decider: mpsc::Sender<Vec<Arc<RecordedEvent>>>,
) {
    let mut after = journal.durable().borrow().to_owned();
    loop {
        let mut feed = tail.tail(after);
        let error = loop {
            match feed.next(FOLLOW_EVENTS_MAX).await {
                Ok(batch) => {
                    after = batch.cursor.high();
                    waiters.tell(&batch.events);
                    if decider.send(batch.events).await.is_err() {
                        return;
                    }
                }
                Err(error) => break error,
            }
        };
        tracing::debug!(%error, "could not follow the journal");
        tokio::time::sleep(RETRY_AFTER).await;
    }
}
