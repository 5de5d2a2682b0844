//! Waiting for what becomes of a checkout, without asking Postgres again and again.
//!
//! The executor follows the journal's tail anyway, to keep its states in step. What it reads passes by here ([`Waiters`]),
//! and whoever waits for the order that an event belongs to is handed the event. So there is one follower for the
//! whole process, however many wait, and a checkout that goes well costs no query.
//!
//! What holds:
//! - whoever waits is entered before the order is placed, so nothing is missed;
//! - what is answered is a function of recorded events ([`checkout`]), so a repeat of a concluded checkout hears the same;
//! - how many may wait has a limit, and when a wait is over, however it ends, its entry is gone.

mod checkout;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use domain::value::OrderId;
use journal::{RecordedEvent, StreamId};
use tokio::sync::mpsc;

pub use checkout::{Conclusion, Fate};
use checkout::{Story, is_of_interest};

use crate::{CommandError, Commands, Receipt, streams};

/// Most checkouts that are waited for at once in one process.
const WAITERS_MAX: usize = 8_192;

/// How many events may wait for one waiter. A checkout makes fewer; should it make more, the waiter is let go
/// and looks into the journal at its deadline.
const EVENTS_MAX: usize = 16;

/// How long the last look into the journal may take.
const LOOK_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// Who waits, by the streams that they wait for. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Waiters(Arc<Shared>);

#[derive(Default)]
struct Shared {
    by_stream: Mutex<HashMap<StreamId, Vec<Waiter>>>,
    next_id: AtomicU64,
}

struct Waiter {
    id: u64,
    events: mpsc::Sender<Arc<RecordedEvent>>,
}

/// One who waits for an order, and hears of it until dropped.
struct Place {
    waiters: Waiters,
    id: u64,
    streams: [StreamId; 2],
    events: mpsc::Receiver<Arc<RecordedEvent>>,
}

impl Waiters {
    /// Hands events to those who wait for them.
    pub fn tell(&self, events: &[Arc<RecordedEvent>]) {
        let mut by_stream = self.lock();
        if by_stream.is_empty() {
            return;
        }
        for event in events.iter().filter(|event| is_of_interest(event)) {
            if let Some(waiters) = by_stream.get_mut(&event.stream) {
                waiters.retain(|waiter| waiter.events.try_send(Arc::clone(event)).is_ok());
            }
        }
    }

    fn enter(&self, order: OrderId) -> Result<Place, CommandError> {
        let streams = [streams::order(order), streams::payment(order.payment())];
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let id = self.0.next_id.fetch_add(1, Ordering::Relaxed);
        let mut by_stream = self.lock();
        if by_stream.len() >= WAITERS_MAX * streams.len() {
            return Err(CommandError::Overloaded);
        }
        for stream in &streams {
            let waiter = Waiter {
                id,
                events: sender.clone(),
            };
            by_stream.entry(stream.clone()).or_default().push(waiter);
        }
        drop(by_stream);
        Ok(Place {
            waiters: self.clone(),
            id,
            streams,
            events,
        })
    }

    fn leave(&self, id: u64, streams: &[StreamId]) {
        let mut by_stream = self.lock();
        for stream in streams {
            if let Entry::Occupied(mut waiters) = by_stream.entry(stream.clone()) {
                waiters.get_mut().retain(|waiter| waiter.id != id);
                if waiters.get().is_empty() {
                    waiters.remove();
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StreamId, Vec<Waiter>>> {
        // Nothing is left half done while it is held: a panic of another holder spoils nothing.
        self.0
            .by_stream
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.waiters.leave(self.id, &self.streams);
    }
}

/// The wait for an order that is about to be placed.
pub struct Watch {
    commands: Commands,
    order: OrderId,
    place: Place,
}

impl Commands {
    /// Begins to watch an order: before it is placed, so that nothing is missed.
    ///
    /// # Errors
    /// [`CommandError::Overloaded`] when too many are waited for; then the order should not be placed either.
    pub fn watch(&self, order: OrderId) -> Result<Watch, CommandError> {
        Ok(Watch {
            commands: self.clone(),
            order,
            place: self.waiters().enter(order)?,
        })
    }
}

impl Watch {
    /// What has become of the order that `receipt` placed, as soon as that is known; nothing if it is not by `deadline`.
    ///
    /// # Errors
    /// [`CommandError::OutcomeUnknown`] when the journal cannot be read: the order is placed, and repeating the request
    /// tells what became of it.
    pub async fn concluded(
        mut self,
        receipt: &Receipt,
        deadline: Instant,
    ) -> Result<Option<Conclusion>, CommandError> {
        let mut story = Story::default();
        if self.is_late_for(receipt)? {
            // Best effort: should it fail, the last look is the one that counts.
            story = self.look().await.unwrap_or_default();
        }
        loop {
            if let Some(conclusion) = story.conclusion() {
                return Ok(Some(conclusion));
            }
            match tokio::time::timeout_at(deadline.into(), self.place.events.recv()).await {
                Ok(Some(event)) => story.tell(&event)?,
                // The follower may lag, so the journal has the last word.
                Ok(None) | Err(_) => {
                    tokio::time::sleep_until(deadline.into()).await;
                    return Ok(self.look().await?.conclusion());
                }
            }
        }
    }

    /// Whether the order was placed before it was watched: by an earlier request, which may have given it another id.
    fn is_late_for(&mut self, receipt: &Receipt) -> Result<bool, CommandError> {
        let id = receipt.subject().aggregate_id.parse();
        let id: OrderId = id.map_err(|_| CommandError::Defect)?;
        if id != self.order {
            self.order = id;
            self.place = self.commands.waiters().enter(id)?;
        }
        Ok(receipt.replayed || receipt.events == 0)
    }

    /// What the journal tells of the order and its payment.
    async fn look(&self) -> Result<Story, CommandError> {
        let streams = self.place.streams.clone().map(|stream| (stream, 0));
        let reading = self.commands.journal().read_streams(&streams);
        let mut events = match tokio::time::timeout(LOOK_TIMEOUT, reading).await {
            Ok(Ok(events)) => events,
            Ok(Err(error)) => {
                tracing::warn!(%error, order.id = %self.order, "could not read what became of an order");
                return Err(CommandError::OutcomeUnknown);
            }
            Err(_) => return Err(CommandError::OutcomeUnknown),
        };
        events.sort_unstable_by_key(|event| event.position);
        let mut story = Story::default();
        for event in events.iter().filter(|event| is_of_interest(event)) {
            story.tell(event)?;
        }
        Ok(story)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn event(stream: &StreamId, event_type: &str) -> Arc<RecordedEvent> {
        Arc::new(RecordedEvent {
            position: 7,
            recorded_at: time::OffsetDateTime::UNIX_EPOCH,
            stream: stream.clone(),
            sequence: 2,
            event_type: event_type.into(),
            event_version: "1".into(),
            payload: "{}".into(),
            metadata: "{}".into(),
        })
    }

    #[test]
    fn everybody_who_waits_for_an_order_hears_of_it_and_nobody_else() {
        let waiters = Waiters::default();
        let (mine, other) = (
            OrderId::from(uuid::Uuid::now_v7()),
            OrderId::from(uuid::Uuid::now_v7()),
        );
        let mut places = [mine, mine, other].map(|id| waiters.enter(id).unwrap());
        let payment = streams::payment(mine.payment());
        waiters.tell(&[
            event(&payment, "PaymentDeclined"),
            event(&streams::order(mine), "OrderNoteAdded"),
        ]);
        let heard = places.each_mut().map(|place| {
            let event = place.events.try_recv().ok();
            assert!(place.events.try_recv().is_err());
            event.map(|event| event.event_type.clone())
        });
        let declined = Some("PaymentDeclined".to_owned());
        assert_eq!(heard, [declined.clone(), declined, None]);
    }

    #[test]
    fn nothing_is_left_of_those_who_have_gone() {
        let waiters = Waiters::default();
        let id = OrderId::from(uuid::Uuid::now_v7());
        let (one, two) = (waiters.enter(id).unwrap(), waiters.enter(id).unwrap());
        drop(one);
        assert_eq!(waiters.lock().len(), 2);
        drop(two);
        assert!(waiters.lock().is_empty());
    }

    #[test]
    fn how_many_may_wait_has_a_limit() {
        let waiters = Waiters::default();
        let enter = || waiters.enter(OrderId::from(uuid::Uuid::now_v7()));
        let places: Vec<Place> = (0..WAITERS_MAX).map(|_| enter().unwrap()).collect();
        assert!(matches!(enter(), Err(CommandError::Overloaded)));
        drop(places);
        assert!(enter().is_ok());
    }

    #[test]
    fn a_waiter_who_takes_nothing_is_let_go() {
        let waiters = Waiters::default();
        let id = OrderId::from(uuid::Uuid::now_v7());
        let mut place = waiters.enter(id).unwrap();
        let stream = streams::order(id);
        for _ in 0..=EVENTS_MAX {
            waiters.tell(&[event(&stream, "OrderConfirmed")]);
        }
        let mut heard = 0;
        while place.events.try_recv().is_ok() {
            heard += 1;
        }
        assert_eq!(heard, EVENTS_MAX);
    }
}
