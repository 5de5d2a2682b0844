//! What recorded events tell of a checkout: how it ended, or what the customer has to do.
//!
//! The first event that ends it counts for ever, so a repeat of the request hears the same however the
//! order goes on. What the customer has to do is true only until the gateway says more.

use domain::Event;
use domain::order::{OrderEvent, RejectReason};
use domain::payment::PaymentEvent;
use domain::value::{Prose, Text};
use journal::{Position, RecordedEvent, Sequence};

use crate::executor::decode;
use crate::{CommandError, Receipt};

/// The types of the events that tell something of a checkout.
const OF_INTEREST: &[&str] = &[
    "OrderConfirmed",
    "OrderRejected",
    "OrderCancelled",
    "PaymentActionRequired",
    "PaymentAuthorized",
    "PaymentDeclined",
    "PaymentVoided",
];

/// Whether an event tells something of a checkout.
pub(super) fn is_of_interest(event: &RecordedEvent) -> bool {
    OF_INTEREST.contains(&event.event_type.as_str())
}

/// What has become of a checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// What.
    pub fate: Fate,
    /// The position of the event that says so.
    pub position: Position,
    /// The order's version with it; 0 when the event is the payment's.
    pub version: Sequence,
}

/// What has become of a checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is confirmed.
    Confirmed,
    /// It cannot be had.
    Rejected {
        /// Why.
        reason: RejectReason,
        /// Why the payment was declined, in the gateway's word.
        code: Option<Text>,
    },
    /// It was cancelled before it was confirmed.
    Cancelled,
    /// The gateway waits for the customer.
    ActionRequired {
        /// The address that the customer has to open, if there is one.
        next_url: Option<Prose>,
    },
}

impl Conclusion {
    /// The receipt of the placing, at the position and version of what came of it: what is read from there on shows it.
    #[must_use]
    pub fn advance(&self, mut receipt: Receipt) -> Receipt {
        receipt.position = receipt.position.max(self.position);
        if let Some((_, version)) = receipt.streams.first_mut() {
            *version = self.version.max(*version);
        }
        receipt
    }
}

/// What has been told of a checkout so far.
#[derive(Debug, Default)]
pub(super) struct Story {
    end: Option<Conclusion>,
    action: Option<Conclusion>,
    declined: Option<Text>,
}

impl Story {
    /// How it ended, or what the customer has to do.
    pub fn conclusion(&self) -> Option<Conclusion> {
        self.end.clone().or_else(|| self.action.clone())
    }

    /// Takes an event into account. Within a stream in their order; whether the order's or the payment's come first does
    /// not matter, but for the gateway's word why it declined.
    pub fn tell(&mut self, recorded: &RecordedEvent) -> Result<(), CommandError> {
        let event = decode(recorded).map_err(|error| {
            tracing::error!(%error, "an event of a checkout cannot be read");
            CommandError::Defect
        })?;
        match event {
            Event::Order(event) => self.tell_order(&event, recorded),
            Event::Payment(event) => self.tell_payment(event, recorded),
            Event::Product(_)
            | Event::Stock(_)
            | Event::Account(_)
            | Event::Client(_)
            | Event::Owners(_)
            | Event::Security(_) => {}
        }
        Ok(())
    }

    fn tell_order(&mut self, event: &OrderEvent, recorded: &RecordedEvent) {
        let fate = match event {
            OrderEvent::OrderConfirmed { .. } => Fate::Confirmed,
            OrderEvent::OrderRejected { reason } => Fate::Rejected {
                reason: *reason,
                code: self.declined.clone(),
            },
            OrderEvent::OrderCancelled { .. } => Fate::Cancelled,
            _ => return,
        };
        self.end.get_or_insert(Conclusion {
            fate,
            position: recorded.position,
            version: recorded.sequence,
        });
    }

    fn tell_payment(&mut self, event: PaymentEvent, recorded: &RecordedEvent) {
        match event {
            PaymentEvent::PaymentActionRequired { next_url, .. } => {
                self.action = Some(Conclusion {
                    fate: Fate::ActionRequired { next_url },
                    position: recorded.position,
                    version: 0,
                });
            }
            PaymentEvent::PaymentDeclined { code, .. } => {
                self.action = None;
                self.declined = Some(code);
            }
            PaymentEvent::PaymentAuthorized { .. } | PaymentEvent::PaymentVoided { .. } => {
                self.action = None;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::value::AuthorizationId;
    use journal::StreamId;
    use uuid::Uuid;

    use super::*;

    fn recorded(position: u64, event: impl Into<Event>) -> RecordedEvent {
        let event = event.into();
        RecordedEvent {
            position,
            recorded_at: time::OffsetDateTime::UNIX_EPOCH,
            stream: StreamId::new(event.aggregate_type(), Uuid::nil().to_string()),
            sequence: position + 1,
            event_type: event.event_type().to_owned(),
            event_version: event.event_version().to_owned(),
            payload: event.to_payload(),
            metadata: "{}".into(),
        }
    }

    fn told(events: &[RecordedEvent]) -> Option<Conclusion> {
        let mut story = Story::default();
        for event in events {
            assert!(is_of_interest(event), "{}", event.event_type);
            story.tell(event).unwrap();
        }
        story.conclusion()
    }

    fn confirmed() -> OrderEvent {
        OrderEvent::OrderConfirmed {
            authorized: domain::value::Money::new(5, "USD".parse().unwrap()),
            renewed: Vec::new(),
        }
    }

    fn declined() -> PaymentEvent {
        PaymentEvent::PaymentDeclined {
            auth_id: AuthorizationId::default(),
            code: "card_declined".parse().unwrap(),
        }
    }

    fn action() -> PaymentEvent {
        PaymentEvent::PaymentActionRequired {
            auth_id: AuthorizationId::default(),
            gateway_ref: None,
            next_url: Some("https://bank.example/3ds".parse().unwrap()),
        }
    }

    #[test]
    fn the_first_end_counts_for_ever() {
        let cancelled = OrderEvent::OrderCancelled {
            shipping: 0,
            reason: None,
        };
        let end = told(&[recorded(3, confirmed()), recorded(9, cancelled)]).unwrap();
        assert_eq!(
            (end.fate, end.position, end.version),
            (Fate::Confirmed, 3, 4)
        );
    }

    #[test]
    fn a_rejection_says_why_the_gateway_declined() {
        let rejected = OrderEvent::OrderRejected {
            reason: RejectReason::PaymentDeclined,
        };
        assert_eq!(told(&[recorded(2, declined())]), None);
        let end = told(&[recorded(2, declined()), recorded(3, rejected)]).unwrap();
        let expected = Fate::Rejected {
            reason: RejectReason::PaymentDeclined,
            code: Some("card_declined".parse().unwrap()),
        };
        assert_eq!(end.fate, expected);
    }

    #[test]
    fn what_the_customer_has_to_do_is_over_when_the_gateway_says_more() {
        let end = told(&[recorded(2, action())]).unwrap();
        assert!(matches!(
            end.fate,
            Fate::ActionRequired { next_url: Some(_) }
        ));
        let voided = PaymentEvent::PaymentVoided { void_id: None };
        assert_eq!(told(&[recorded(2, action()), recorded(3, voided)]), None);
        let end = told(&[recorded(2, action()), recorded(3, confirmed())]).unwrap();
        assert_eq!(end.fate, Fate::Confirmed);
    }

    #[test]
    fn a_receipt_is_advanced_and_never_taken_back() {
        let receipt = Receipt {
            position: 5,
            streams: vec![(StreamId::new("order", "x"), 4)],
            events: 1,
            replayed: false,
        };
        let at = |position, version| Conclusion {
            fate: Fate::Confirmed,
            position,
            version,
        };
        let after = at(9, 6).advance(receipt.clone());
        assert_eq!((after.position, after.version()), (9, 6));
        let same = at(3, 2).advance(receipt);
        assert_eq!((same.position, same.version()), (5, 4));
    }
}
