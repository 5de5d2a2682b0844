//! Rule 5: captured ≤ authorized and refunded ≤ captured; each capture and refund id settles at
//! most once; of captures, voids and refunds one is open per payment.

use uuid::Uuid;

use super::breach::{Breaches, RuleId};
use super::stream::{PerStream, Stream};
use super::{RecordedFact, Rule};
use crate::event::Event;
use crate::payment::PaymentEvent;
use crate::value::{Currency, Money};

const RULE: RuleId = RuleId(5, "money-moves-once");

/// The money of every payment.
#[derive(Debug, Default)]
pub(super) struct Movements(PerStream<Payment>);

#[derive(Debug, Default)]
struct Payment {
    currency: Option<Currency>,
    authorized: i64,
    captured: i64,
    refunded: i64,
    /// Every capture, void and refund that was requested.
    requests: Vec<Request>,
}

#[derive(Debug)]
struct Request {
    what: &'static str,
    id: Uuid,
    minor: i64,
    is_open: bool,
}

impl Rule for Movements {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        let Event::Payment(event) = fact.event else {
            return;
        };
        if let Err(detail) = self.0.of(stream.number).follow(event) {
            breaches.report(RULE, fact, stream, detail);
        }
    }
}

impl Payment {
    fn follow(&mut self, event: &PaymentEvent) -> Result<(), String> {
        match event {
            PaymentEvent::PaymentRequested(requested) => {
                self.currency = Some(requested.amount.currency);
                Ok(())
            }
            PaymentEvent::PaymentAuthorized { amount, .. } => {
                self.authorized = amount.minor;
                self.in_currency(*amount)
            }
            PaymentEvent::CaptureRequested { capture_id, amount } => {
                self.in_currency(*amount)?;
                self.begin("capture", capture_id.0, amount.minor)?;
                let most = self.authorized.saturating_sub(self.captured);
                at_most("asked for", amount.minor, most, "held")
            }
            PaymentEvent::PaymentCaptured {
                capture_id, amount, ..
            } => {
                self.in_currency(*amount)?;
                self.captured = self.captured.saturating_add(amount.minor);
                self.settle("capture", capture_id.0, Some(amount.minor))?;
                at_most("captured", self.captured, self.authorized, "authorized")
            }
            PaymentEvent::CaptureFailed {
                capture_id,
                definite: true,
                ..
            } => self.settle("capture", capture_id.0, None),
            PaymentEvent::VoidRequested { void_id, .. } => self.begin("void", void_id.0, 0),
            PaymentEvent::PaymentVoided { void_id } => self.void(void_id.map(|id| id.0)),
            PaymentEvent::VoidFailed {
                void_id,
                definite: true,
                ..
            } => self.settle("void", void_id.0, None),
            PaymentEvent::RefundRequested(requested) => {
                self.in_currency(requested.amount)?;
                self.begin("refund", requested.refund_id.0, requested.amount.minor)?;
                let most = self.captured.saturating_sub(self.refunded);
                at_most("asked for", requested.amount.minor, most, "captured")
            }
            PaymentEvent::PaymentRefunded {
                refund_id, amount, ..
            } => {
                self.in_currency(*amount)?;
                self.refunded = self.refunded.saturating_add(amount.minor);
                self.settle("refund", refund_id.0, Some(amount.minor))?;
                at_most("refunded", self.refunded, self.captured, "captured")
            }
            PaymentEvent::RefundFailed {
                refund_id,
                definite: true,
                ..
            } => self.settle("refund", refund_id.0, None),
            _ => Ok(()),
        }
    }

    fn in_currency(&self, amount: Money) -> Result<(), String> {
        match self.currency {
            Some(currency) if currency == amount.currency => Ok(()),
            _ => Err(format!("{amount} is not in the payment's currency")),
        }
    }

    fn begin(&mut self, what: &'static str, id: Uuid, minor: i64) -> Result<(), String> {
        let open = self.requests.iter().find(|request| request.is_open);
        let open = open.map(|open| format!("{} {}", open.what, open.id));
        let is_known = self.requests.iter().any(|known| known.id == id);
        self.requests.push(Request {
            what,
            id,
            minor,
            is_open: true,
        });
        match open {
            Some(open) => Err(format!("{what} {id} begins while {open} is open")),
            None if is_known => Err(format!("{what} {id} begins a second time")),
            None => Ok(()),
        }
    }

    fn settle(&mut self, what: &str, id: Uuid, moved: Option<i64>) -> Result<(), String> {
        let mut requests = self.requests.iter_mut().rev();
        let Some(request) = requests.find(|request| request.id == id) else {
            return Err(format!("{what} {id} was never requested"));
        };
        if !std::mem::replace(&mut request.is_open, false) {
            return Err(format!("{what} {id} settles a second time"));
        }
        match moved {
            Some(moved) if moved != request.minor => Err(format!(
                "{what} {id} was requested of {} and moved {moved}",
                request.minor
            )),
            _ => Ok(()),
        }
    }

    /// A gateway may let go by itself, and that settles the request that is open.
    fn void(&mut self, id: Option<Uuid>) -> Result<(), String> {
        if self.captured > 0 {
            return Err("it is voided after money was captured".into());
        }
        let open = |request: &&Request| request.is_open && request.what == "void";
        let id = id.or_else(|| self.requests.iter().find(open).map(|request| request.id));
        id.map_or(Ok(()), |id| self.settle("void", id, None))
    }
}

fn at_most(done: &str, minor: i64, most: i64, of: &str) -> Result<(), String> {
    if minor <= most {
        return Ok(());
    }
    Err(format!("{minor} is {done}; {most} is {of}"))
}
