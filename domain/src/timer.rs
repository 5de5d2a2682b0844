//! Timers: what is due when, if nothing happens before.
//!
//! A timer is a function of recorded events, so it is never lost: it is set by one event of a
//! stream and cleared by another of the same stream, and whoever folds them has the list of what
//! is due. Streams may be folded in any order among each other. A timer that fires late or twice
//! does no harm: what it leads to is decided on the states.

use std::str::FromStr;
use std::time::Duration;

use crate::event::Event;
use crate::order::OrderEvent;
use crate::payment::{AttentionDecision, PaymentEvent};
use crate::value::{OrderId, PaymentId, Timestamp};

/// When a gateway is asked about a request whose outcome nobody has recorded: whoever made the
/// call has died, or its answer was lost.
pub const ASK_AFTER: Duration = Duration::from_secs(30);
/// When it is asked again about one whose outcome is not known.
pub const ASK_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// When it is asked what the customer has done, if it does not tell.
pub const ASK_CUSTOMER_AFTER: Duration = Duration::from_secs(60);

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Timer {
    /// An order is to be rejected, unless it was confirmed or cancelled.
    OrderDeadline(OrderId),
    /// The gateway is to be asked about a request.
    OpenRequest(PaymentId, RequestKind),
}

/// A kind of request to a gateway. Of one payment at most one of each kind is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RequestKind {
    /// To hold the money.
    Authorization,
    /// To take it.
    Capture,
    /// To let go of it.
    Void,
    /// To give it back.
    Refund,
}

impl RequestKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Authorization, Self::Capture, Self::Void, Self::Refund];

    /// As in a query table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
        }
    }
}

/// What an event does to a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimerChange {
    /// From now on it is due then; whatever was set before no longer counts.
    Set {
        /// Which.
        timer: Timer,
        /// When.
        due_at: Timestamp,
    },
    /// It is no longer due.
    Clear {
        /// Which.
        timer: Timer,
    },
}

impl TimerChange {
    /// Which timer is changed.
    #[must_use]
    pub const fn timer(&self) -> Timer {
        match self {
            Self::Set { timer, .. } | Self::Clear { timer } => *timer,
        }
    }
}

/// What one event changes: at most the timers of every kind of request.
type Changes = [Option<TimerChange>; 4];

const NOTHING: Changes = [None; 4];

/// What `event`, recorded at `recorded_at` in the stream of the aggregate `aggregate_id`, does to
/// the timers.
pub fn changes(
    aggregate_id: &str,
    event: &Event,
    recorded_at: Timestamp,
) -> impl Iterator<Item = TimerChange> {
    let changes = match event {
        Event::Order(event) => [of_order(aggregate_id, event), None, None, None],
        Event::Payment(event) => of_payment(aggregate_id, event, recorded_at),
        Event::Product(_)
        | Event::Stock(_)
        | Event::Account(_)
        | Event::Client(_)
        | Event::Owners(_)
        | Event::Security(_) => NOTHING,
    };
    changes.into_iter().flatten()
}

fn of_order(aggregate_id: &str, event: &OrderEvent) -> Option<TimerChange> {
    let due_at = match event {
        OrderEvent::OrderPlaced(placed) if placed.paid.is_none() => Some(placed.deadline),
        OrderEvent::OrderDeadlineExtended { deadline } => Some(*deadline),
        OrderEvent::OrderConfirmed { .. }
        | OrderEvent::OrderRejected { .. }
        | OrderEvent::OrderCancelled { .. } => None,
        _ => return None,
    };
    let timer = Timer::OrderDeadline(OrderId::from_str(aggregate_id).ok()?);
    Some(match due_at {
        Some(due_at) => TimerChange::Set { timer, due_at },
        None => TimerChange::Clear { timer },
    })
}

fn of_payment(aggregate_id: &str, event: &PaymentEvent, recorded_at: Timestamp) -> Changes {
    use RequestKind::{Authorization, Capture, Refund, Void};
    let Ok(payment_id) = PaymentId::from_str(aggregate_id) else {
        return NOTHING;
    };
    let timer = |kind| Timer::OpenRequest(payment_id, kind);
    let set = |kind, after| {
        let due_at = recorded_at.saturating_add(after);
        let timer = timer(kind);
        [Some(TimerChange::Set { timer, due_at }), None, None, None]
    };
    let clear = |kind| Some(TimerChange::Clear { timer: timer(kind) });
    let only = |kind| [clear(kind), None, None, None];
    match event {
        PaymentEvent::AuthorizationRequested { .. } => set(Authorization, ASK_AFTER),
        PaymentEvent::PaymentActionRequired { .. } => set(Authorization, ASK_CUSTOMER_AFTER),
        PaymentEvent::AuthorizationOutcomeUnknown { .. } => set(Authorization, ASK_AGAIN_AFTER),
        PaymentEvent::PaymentAuthorized { .. } | PaymentEvent::PaymentDeclined { .. } => {
            only(Authorization)
        }
        PaymentEvent::CaptureRequested { .. } => set(Capture, ASK_AFTER),
        PaymentEvent::CaptureOutcomeUnknown { .. }
        | PaymentEvent::CaptureFailed {
            definite: false, ..
        } => set(Capture, ASK_AGAIN_AFTER),
        PaymentEvent::PaymentCaptured { .. } | PaymentEvent::CaptureFailed { .. } => only(Capture),
        PaymentEvent::VoidRequested { .. } => set(Void, ASK_AFTER),
        PaymentEvent::VoidFailed {
            definite: false, ..
        } => set(Void, ASK_AGAIN_AFTER),
        PaymentEvent::VoidFailed { .. } => only(Void),
        // Nothing is held and nothing will be: what was asked before is answered too.
        PaymentEvent::PaymentVoided { .. } => [clear(Void), clear(Authorization), None, None],
        PaymentEvent::RefundRequested(_) => set(Refund, ASK_AFTER),
        PaymentEvent::RefundOutcomeUnknown { .. }
        | PaymentEvent::RefundFailed {
            definite: false, ..
        } => set(Refund, ASK_AGAIN_AFTER),
        PaymentEvent::PaymentRefunded { .. } | PaymentEvent::RefundFailed { .. } => only(Refund),
        // Whoever took it over settles it outside: nobody asks any more.
        PaymentEvent::PaymentAttentionSettled {
            decision: AttentionDecision::Leave,
            ..
        } => RequestKind::ALL.map(clear),
        PaymentEvent::PaymentRequested(_)
        | PaymentEvent::PaymentAttentionRaised { .. }
        | PaymentEvent::PaymentAttentionSettled { .. } => NOTHING,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::testing::*;
    use crate::value::Text;

    fn fold(events: Vec<PaymentEvent>) -> BTreeMap<Timer, Timestamp> {
        let id = PaymentId(uuid(7)).to_string();
        let mut due = BTreeMap::new();
        for event in events.into_iter().map(Event::Payment) {
            for change in changes(&id, &event, Timestamp::EPOCH) {
                match change {
                    TimerChange::Set { timer, due_at } => _ = due.insert(timer, due_at),
                    TimerChange::Clear { timer } => _ = due.remove(&timer),
                }
            }
        }
        due
    }

    #[test]
    fn a_request_is_due_until_its_outcome_is_settled() {
        let id = PaymentId(uuid(7));
        let (auth_id, detail) = (id.authorization(), Text::new("time-out").unwrap());
        let asked = PaymentEvent::AuthorizationRequested { auth_id };
        let unknown = PaymentEvent::AuthorizationOutcomeUnknown { auth_id, detail };
        let timer = Timer::OpenRequest(id, RequestKind::Authorization);
        let due = fold(vec![asked.clone(), unknown.clone()]);
        let again = Timestamp::EPOCH.saturating_add(ASK_AGAIN_AFTER);
        assert_eq!(due, BTreeMap::from([(timer, again)]));
        let code = Text::new("insufficient-funds").unwrap();
        let declined = PaymentEvent::PaymentDeclined { auth_id, code };
        assert_eq!(fold(vec![asked, unknown, declined]), BTreeMap::new());
    }

    #[test]
    fn nobody_asks_about_what_a_person_took_over() {
        let refund_id = PaymentId(uuid(7)).refund(0);
        let detail = Text::new("time-out").unwrap();
        let unknown = PaymentEvent::RefundOutcomeUnknown { refund_id, detail };
        let settled = |decision| {
            let reason = Text::new("paid in cash").unwrap();
            PaymentEvent::PaymentAttentionSettled { decision, reason }
        };
        let due = |decision| fold(vec![unknown.clone(), settled(decision)]).len();
        assert_eq!(due(AttentionDecision::Leave), 0);
        assert_eq!(due(AttentionDecision::Retry), 1);
    }

    #[test]
    fn a_void_answers_the_authorization_too() {
        let id = PaymentId(uuid(7));
        let void_id = id.void(0);
        let asked = PaymentEvent::AuthorizationRequested {
            auth_id: id.authorization(),
        };
        let void = PaymentEvent::VoidRequested {
            void_id,
            reason: None,
        };
        assert_eq!(fold(vec![asked.clone(), void.clone()]).len(), 2);
        let voided = PaymentEvent::PaymentVoided {
            void_id: Some(void_id),
        };
        assert_eq!(fold(vec![asked, void, voided]), BTreeMap::new());
    }
}
