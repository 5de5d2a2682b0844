//! Looking: what follows on some events is found on one look at the order and its payment.
//!
//! Reactions are decided on states, not on events, so that several events of one order that wait together are answered
//! together: each reaction once. What happens after the look makes events of its own, so nothing is missed by it.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::Event;
use domain::order::{Order, OrderStatus};
use domain::ordering::{CapturePolicy, MoneyStep, money_step};
use domain::payment::Payment;
use journal::RecordedEvent;

use super::ask::{First, open};
use super::cause::Cause;
use super::{Trouble, Worker};
use crate::policy::{self, Reaction, Subject};

/// What is to be looked at, and why.
struct Notes {
    subject: Subject,
    /// In the order in which they are done.
    reactions: BTreeMap<Reaction, Cause>,
}

/// An order and its payment as they are now.
pub(super) struct Look {
    pub order: Order,
    pub payment: Payment,
}

impl Notes {
    /// What these events lead to; nothing, if nothing follows. All of them are of one order and its payment.
    fn of<'a>(events: impl Iterator<Item = &'a RecordedEvent>) -> Result<Option<Self>, Trouble> {
        let mut notes: Option<Self> = None;
        for event in events.filter(|event| policy::concerns(&event.event_type)) {
            let Some(subject) = Subject::of(&event.stream) else {
                continue;
            };
            let cause = Cause::of(event);
            if cause.is_handed_over() {
                continue;
            }
            let decoded = Event::decode(&event.stream.aggregate_type, &event.payload)
                .map_err(|error| Trouble::Lasting(error.to_string()))?;
            let reactions = policy::reactions(&decoded);
            if reactions.is_empty() {
                continue;
            }
            let notes = notes.get_or_insert_with(|| Self {
                subject,
                reactions: BTreeMap::new(),
            });
            if matches!(subject, Subject::Order(_)) {
                notes.subject = subject;
            }
            for reaction in reactions {
                notes.reactions.insert(*reaction, cause.clone());
            }
        }
        Ok(notes)
    }
}

impl Look {
    /// Whether a reaction would do anything.
    fn calls_for(&self, reaction: Reaction, policy: CapturePolicy) -> bool {
        let waits = self.order.status() == Some(OrderStatus::Placed);
        match reaction {
            Reaction::BeginPayment => true,
            Reaction::Ask(kind) | Reaction::AskAgain(kind) => open(&self.payment, kind).is_some(),
            Reaction::Conclude => waits,
            Reaction::Extend => waits && !self.order.is_extended(),
            Reaction::Settle => !matches!(
                money_step(&self.order, &self.payment, policy),
                MoneyStep::Nothing | MoneyStep::Wait
            ),
        }
    }
}

impl Worker {
    /// Does what follows on an event. When it returns, all of it is recorded; dropped before, or after trouble, it is to
    /// be handled again.
    pub async fn handle(&self, event: &RecordedEvent) -> Result<(), Trouble> {
        self.handle_noted(Notes::of(std::iter::once(event))?).await
    }

    /// The same of several events of one order and its payment at once.
    pub async fn handle_all(&self, events: &[Arc<RecordedEvent>]) -> Result<(), Trouble> {
        self.handle_noted(Notes::of(events.iter().map(|event| &**event))?)
            .await
    }

    async fn handle_noted(&self, notes: Option<Notes>) -> Result<(), Trouble> {
        let Some(Notes { subject, reactions }) = notes else {
            return Ok(());
        };
        let mut look = None;
        for (reaction, cause) in reactions {
            if let (Reaction::BeginPayment, Subject::Order(id)) = (reaction, subject) {
                self.begin_payment(id, &cause).await?;
                continue;
            }
            let now = match look.take() {
                Some(now) => now,
                None => self.look(subject).await?,
            };
            if now.calls_for(reaction, self.options.capture) {
                // It changes what was seen: the next one looks again.
                self.react(reaction, now, &cause).await?;
            } else {
                look = Some(now);
            }
        }
        Ok(())
    }

    async fn look(&self, subject: Subject) -> Result<Look, Trouble> {
        let (order, payment) = match subject {
            Subject::Order(id) => {
                let payment = self.payment(id.payment());
                futures::try_join!(self.order(id), payment)?
            }
            Subject::Payment(id) => {
                let payment = self.payment(id).await?;
                match payment.order_id() {
                    Some(id) => (self.order(id).await?, payment),
                    None => (Order::default(), payment),
                }
            }
        };
        Ok(Look { order, payment })
    }

    async fn react(&self, reaction: Reaction, look: Look, cause: &Cause) -> Result<(), Trouble> {
        match reaction {
            Reaction::BeginPayment => Ok(()),
            Reaction::Ask(kind) => {
                let first = self.first(cause);
                self.ask_of(look.payment, kind, first, cause).await
            }
            Reaction::AskAgain(kind) => self.ask_of(look.payment, kind, First::Ask, cause).await,
            Reaction::Extend => self.extend(&look.order, cause).await,
            Reaction::Conclude => self.conclude(&look.order, cause).await,
            Reaction::Settle => self.settle(&look, cause).await,
        }
    }
}
