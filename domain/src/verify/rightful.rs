//! Rule 4: nothing is captured before every line is committed, and money for a rejected or
//! cancelled order is voided or refunded, or a person is looking after it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use super::awake::{Awake, GRACE};
use super::breach::{Breaches, Place, RuleId};
use super::stream::{PerStream, Stream};
use super::{RecordedFact, Rule};
use crate::event::Event;
use crate::order::OrderEvent;
use crate::payment::{AttentionDecision, PaymentEvent};
use crate::stock::StockEvent;
use crate::value::{LineId, OrderId};

const RULE: RuleId = RuleId(4, "charged-for-stock-only");

/// The orders that are paid through a gateway, and their payments.
#[derive(Debug, Default)]
pub(super) struct Rightful {
    orders: HashMap<OrderId, Order>,
    order_of: PerStream<Option<OrderId>>,
    payments: PerStream<Payment>,
    awake: Awake,
    /// Payments that began to owe something, and when the shop was awake to see it.
    owing: VecDeque<(Duration, usize)>,
}

#[derive(Debug, Default)]
struct Order {
    fate: Fate,
    /// Units of each line that are to be sent or were.
    lines: Vec<(LineId, u32)>,
    committed: HashSet<LineId>,
    payments: Vec<usize>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Fate {
    #[default]
    Waiting,
    Confirmed,
    GivenUp,
}

#[derive(Debug, Default)]
struct Payment {
    order: Option<OrderId>,
    held: i64,
    captured: i64,
    refunded: i64,
    is_going_back: bool,
    /// Nobody knows yet whether it was taken: until then it cannot be given back either.
    is_being_taken: bool,
    /// A person was asked to look at it, or has taken it over: the policies have done what they can.
    is_attended: bool,
    owes_since: Option<(Duration, Place)>,
}

impl Payment {
    fn owes(&self) -> bool {
        let has = self.held > 0 || self.captured > self.refunded;
        let is_in_hand = self.is_going_back || self.is_being_taken || self.is_attended;
        has && !is_in_hand
    }
}

impl Rule for Rightful {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        let awake = self.awake.at(fact.recorded_at);
        self.report(awake, breaches);
        match fact.event {
            Event::Order(event) => {
                let id = self.follow_order(event, stream);
                let concerned = id.and_then(|id| self.orders.get(&id));
                let payments = concerned.map(|order| order.payments.clone());
                for payment in payments.into_iter().flatten() {
                    self.weigh(payment, fact, stream, awake);
                }
            }
            Event::Stock(StockEvent::ReservationCommitted {
                order_id, line_id, ..
            }) => {
                if let Some(order) = self.orders.get_mut(order_id) {
                    order.committed.insert(*line_id);
                }
            }
            Event::Payment(event) => {
                if let PaymentEvent::PaymentCaptured { .. } = event
                    && let Err(detail) = self.may_capture(stream.number)
                {
                    breaches.report(RULE, fact, stream, detail);
                }
                self.follow_payment(event, stream.number);
                self.weigh(stream.number, fact, stream, awake);
            }
            Event::Product(_)
            | Event::Stock(_)
            | Event::Account(_)
            | Event::Client(_)
            | Event::Owners(_)
            | Event::Security(_) => {}
        }
    }
}

impl Rightful {
    /// The order, if its payments may owe something from now on.
    fn follow_order(&mut self, event: &OrderEvent, stream: Stream) -> Option<OrderId> {
        if let OrderEvent::OrderPlaced(placed) = event {
            // What was paid outside is no gateway's to give back.
            if placed.paid.is_none() {
                let lines = placed.lines.iter();
                let lines = lines.map(|line| (line.line_id, line.quantity.get()));
                let order = self.orders.entry(placed.order_id).or_default();
                order.lines = lines.collect();
                *self.order_of.of(stream.number) = Some(placed.order_id);
            }
            return None;
        }
        let id = (*self.order_of.of(stream.number))?;
        let order = self.orders.get_mut(&id)?;
        match event {
            OrderEvent::OrderConfirmed { .. } => order.fate = Fate::Confirmed,
            OrderEvent::OrderRejected { .. } | OrderEvent::OrderCancelled { .. } => {
                order.fate = Fate::GivenUp;
                return Some(id);
            }
            // Units that are cancelled before they were ever promised need no commitment.
            OrderEvent::OrderLinesCancelled { lines, .. } if order.fate == Fate::Waiting => {
                for share in lines {
                    let mut all = order.lines.iter_mut();
                    if let Some((_, units)) = all.find(|(line, _)| *line == share.line_id) {
                        *units = units.saturating_sub(share.quantity.get());
                    }
                }
            }
            _ => {}
        }
        None
    }

    fn may_capture(&mut self, payment: usize) -> Result<(), String> {
        let id = self.payments.of(payment).order;
        let Some(order) = id.and_then(|id| self.orders.get(&id)) else {
            return Err("it is captured for an order that was never placed".into());
        };
        if order.fate == Fate::Waiting {
            return Err("it is captured and its order was never confirmed".into());
        }
        let needed = order.lines.iter().filter(|(_, units)| *units > 0);
        let missing = needed.filter(|(line, _)| !order.committed.contains(line));
        match missing.count() {
            0 => Ok(()),
            lines => Err(format!(
                "it is captured and {lines} lines of its order were never committed"
            )),
        }
    }

    fn follow_payment(&mut self, event: &PaymentEvent, number: usize) {
        let payment = self.payments.of(number);
        match event {
            PaymentEvent::PaymentRequested(requested) => {
                payment.order = Some(requested.order_id);
                let order = self.orders.entry(requested.order_id).or_default();
                order.payments.push(number);
            }
            PaymentEvent::PaymentAuthorized { amount, .. } => payment.held = amount.minor,
            PaymentEvent::PaymentCaptured { amount, .. } => {
                payment.held = 0;
                payment.is_being_taken = false;
                payment.captured = payment.captured.saturating_add(amount.minor);
            }
            PaymentEvent::PaymentVoided { .. } => {
                payment.held = 0;
                payment.is_going_back = false;
            }
            PaymentEvent::PaymentRefunded { amount, .. } => {
                payment.refunded = payment.refunded.saturating_add(amount.minor);
                payment.is_going_back = false;
            }
            PaymentEvent::VoidRequested { .. } | PaymentEvent::RefundRequested(_) => {
                payment.is_going_back = true;
            }
            PaymentEvent::CaptureRequested { .. } => payment.is_being_taken = true,
            PaymentEvent::CaptureFailed { definite: true, .. } => payment.is_being_taken = false,
            PaymentEvent::VoidFailed { definite: true, .. }
            | PaymentEvent::RefundFailed { definite: true, .. } => payment.is_going_back = false,
            PaymentEvent::PaymentAttentionRaised { .. } => payment.is_attended = true,
            PaymentEvent::PaymentAttentionSettled { decision, .. } => {
                payment.is_attended = *decision == AttentionDecision::Leave;
            }
            _ => {}
        }
    }

    /// Notes since when a payment of an order that was given up has money and nobody gives it back.
    fn weigh(&mut self, number: usize, fact: &RecordedFact<'_>, stream: Stream, awake: Duration) {
        let payment = self.payments.of(number);
        let order = payment.order.and_then(|id| self.orders.get(&id));
        let is_given_up = order.is_some_and(|order| order.fate == Fate::GivenUp);
        if !is_given_up || !payment.owes() {
            payment.owes_since = None;
        } else if payment.owes_since.is_none() {
            payment.owes_since = Some((awake, Place::of(fact, stream)));
            self.owing.push_back((awake, number));
        }
    }

    fn report(&mut self, awake: Duration, breaches: &mut Breaches) {
        while let Some((since, number)) = self.owing.front().copied() {
            if awake.saturating_sub(since) <= GRACE {
                return;
            }
            self.owing.pop_front();
            let payment = self.payments.of(number);
            if let Some((_, place)) = payment.owes_since.take_if(|(from, _)| *from == since) {
                let detail = "the order is rejected or cancelled, and nobody gives its money back";
                breaches.report_at(RULE, &place, detail.into());
            }
        }
    }
}
