//! The daily comparison: our books of a day beside the gateway's own. What is in one and not in the other is raised for a
//! person's attention; nothing is put right by itself, because one of the two is wrong about money.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use domain::payment::{OpenRequest, Payment, PaymentEvent};
use domain::value::{Money, PaymentId, Timestamp};
use uuid::Uuid;

use super::cause::Cause;
use super::{Trouble, Worker};
use crate::gateway::{AskError, Movement, MovementKind, MovementsQuery};

/// How far the two clocks may be apart, and how late either side may be in writing it down. Our books are to reach that
/// far beyond the stretch that is compared, on both sides.
pub(crate) const CLOCKS_APART_MAX: Duration = Duration::from_secs(3_600);

/// Most pages of the gateway's books that are read: 1,000,000 movements.
const PAGES_MAX: usize = 10_000;

/// Our own books of some time: what the journal says that gateways moved.
#[derive(Debug, Default, Clone)]
pub struct OwnBooks {
    movements: BTreeMap<Uuid, OwnMovement>,
    /// Whose payment it is, by the gateway's name for it.
    payments: HashMap<String, PaymentId>,
    /// The gateway of a payment.
    gateways: HashMap<PaymentId, String>,
}

/// A movement of money as we have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnMovement {
    /// Of which payment.
    pub payment_id: PaymentId,
    /// Whether it was taken or given back.
    pub kind: MovementKind,
    /// How much.
    pub amount: Money,
    /// When it was recorded.
    pub at: Timestamp,
}

impl OwnBooks {
    /// Takes in an event of a payment, recorded at `at`.
    pub fn post(&mut self, payment_id: PaymentId, event: &PaymentEvent, at: Timestamp) {
        let (id, kind, amount) = match event {
            PaymentEvent::PaymentRequested(requested) => {
                let gateway = requested.gateway.as_str().to_owned();
                self.gateways.insert(payment_id, gateway);
                return;
            }
            PaymentEvent::PaymentAuthorized { gateway_ref, .. } => {
                self.payments
                    .insert(gateway_ref.as_str().to_owned(), payment_id);
                return;
            }
            PaymentEvent::PaymentCaptured {
                capture_id, amount, ..
            } => (capture_id.0, MovementKind::Captured, *amount),
            PaymentEvent::PaymentRefunded {
                refund_id, amount, ..
            } => (refund_id.0, MovementKind::Refunded, *amount),
            _ => return,
        };
        let movement = OwnMovement {
            payment_id,
            kind,
            amount,
            at,
        };
        self.movements.insert(id, movement);
    }
}

/// What a comparison came to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Reconciled {
    /// How many movements were compared.
    pub compared: usize,
    /// How many differences were raised for attention.
    pub raised: usize,
    /// Movements at the gateway that belong to no payment of ours that is known.
    pub unmatched: Vec<Movement>,
}

/// Why books could not be compared.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReconcileError {
    /// The gateway's books could not be read.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// There is no such gateway.
    #[error("there is no gateway of this name")]
    UnknownGateway,
    /// More than anybody compares in one go.
    #[error("the gateway's books of that time have more than {PAGES_MAX} pages; compare less time")]
    TooMuch,
    /// A difference could not be raised.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Worker {
    /// Compares what moved at a gateway in `[from, until)` with our own books, which reach an hour further on both
    /// sides.
    pub async fn reconcile(
        &self,
        gateway: &str,
        own: &OwnBooks,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Reconciled, ReconcileError> {
        let theirs = self.movements(gateway, from, until).await?;
        let (cause, mut reconciled) = (Cause::timer(), Reconciled::default());
        let in_time = |at: Timestamp| from <= at && at < until;
        let ids: BTreeMap<Uuid, &Movement> = theirs
            .iter()
            .filter_map(|movement| Some((movement.id?, movement)))
            .collect();
        for (id, movement) in own.movements.iter().filter(|(_, own)| in_time(own.at)) {
            if !self.is_of(own, movement.payment_id, gateway).await? {
                continue;
            }
            reconciled.compared += 1;
            let found = ids.get(id);
            let agrees = found.is_some_and(|found| {
                found.amount == movement.amount && found.kind == movement.kind
            });
            if !agrees {
                let what = missing(*id, movement, found.copied(), gateway);
                self.raise(movement.payment_id, &what, COMPARED, &cause)
                    .await?;
                reconciled.raised += 1;
            }
        }
        for movement in theirs.iter().filter(|movement| in_time(movement.at)) {
            self.look_for(movement, own, gateway, &mut reconciled)
                .await?;
        }
        Ok(reconciled)
    }

    async fn movements(
        &self,
        gateway: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Movement>, ReconcileError> {
        let adapter = self
            .gateways
            .get(gateway)
            .ok_or(ReconcileError::UnknownGateway)?;
        let mut query = MovementsQuery {
            from: earlier(from, CLOCKS_APART_MAX),
            until: until.saturating_add(CLOCKS_APART_MAX),
            cursor: None,
        };
        let mut movements = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = adapter.movements(&query, self.now()).await?;
            movements.extend(page.movements);
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => return Ok(movements),
            }
        }
        Err(ReconcileError::TooMuch)
    }

    /// A movement of the gateway's that is not in our books of the time is raised, unless its payment knows it by now.
    async fn look_for(
        &self,
        movement: &Movement,
        own: &OwnBooks,
        gateway: &str,
        reconciled: &mut Reconciled,
    ) -> Result<(), ReconcileError> {
        let is_money = match movement.kind {
            MovementKind::Captured | MovementKind::Refunded => true,
            // Of a refund of ours that came back.
            MovementKind::RefundReturned => false,
            MovementKind::Other(_) => return Ok(()),
        };
        if is_money
            && movement
                .id
                .is_some_and(|id| own.movements.contains_key(&id))
        {
            return Ok(());
        }
        let by_name = movement
            .gateway_ref
            .as_ref()
            .and_then(|name| own.payments.get(name));
        let by_id = movement.id.and_then(|id| own.movements.get(&id));
        let Some(id) = by_name.copied().or(by_id.map(|own| own.payment_id)) else {
            reconciled.unmatched.push(movement.clone());
            return Ok(());
        };
        let payment = self.payment(id).await?;
        if is_money && movement.id.is_some_and(|id| is_known(&payment, id)) {
            return Ok(());
        }
        let what = format!(
            "{gateway}'s books have {} and ours have not",
            told(movement)
        );
        self.raise(id, &what, COMPARED, &Cause::timer()).await?;
        reconciled.raised += 1;
        Ok(())
    }

    async fn is_of(&self, own: &OwnBooks, id: PaymentId, gateway: &str) -> Result<bool, Trouble> {
        if let Some(known) = own.gateways.get(&id) {
            return Ok(known == gateway);
        }
        let payment = self.payment(id).await?;
        Ok(payment
            .requested()
            .is_some_and(|of| of.gateway.as_str() == gateway))
    }
}

const COMPARED: &str = "compared our books of the day with the gateway's";

/// Whether the payment has it done, or has yet to learn what became of it.
fn is_known(payment: &Payment, id: Uuid) -> bool {
    let captures = payment.captures().iter();
    let mut done = captures
        .filter(|c| c.capture_id.0 == id)
        .map(|c| c.attempt)
        .chain(
            payment
                .refunds()
                .iter()
                .filter(|r| r.requested.refund_id.0 == id)
                .map(|r| r.attempt),
        );
    let is_done = done.any(|attempt| attempt == domain::payment::Attempt::Done);
    let is_open = payment
        .open_requests()
        .iter()
        .any(|(request, _)| match request {
            OpenRequest::Capture(open) => open.0 == id,
            OpenRequest::Refund(open) => open.0 == id,
            OpenRequest::Authorization(_) | OpenRequest::Void(_) => false,
        });
    is_done || is_open
}

fn missing(id: Uuid, own: &OwnMovement, found: Option<&Movement>, gateway: &str) -> String {
    let ours = match own.kind {
        MovementKind::Captured => format!("capture {id} of {}", own.amount),
        _ => format!("refund {id} of {}", own.amount),
    };
    match found {
        None => format!("our books have {ours} and {gateway}'s have not"),
        Some(theirs) => format!(
            "our books have {ours} and {gateway}'s have {}",
            told(theirs)
        ),
    }
}

fn told(movement: &Movement) -> String {
    let what = match &movement.kind {
        MovementKind::Captured => "a capture",
        MovementKind::Refunded => "a refund",
        MovementKind::RefundReturned => "a refund that came back",
        MovementKind::Other(word) => word,
    };
    format!("{what} of {}", movement.amount)
}

/// The moment `before` earlier.
pub(crate) fn earlier(at: Timestamp, before: Duration) -> Timestamp {
    let micros = i64::try_from(before.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(at.as_micros().saturating_sub(micros)).unwrap_or(Timestamp::EPOCH)
}
