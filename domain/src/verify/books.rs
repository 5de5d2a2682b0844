//! Rule 7: every entry of the ledger sums to zero per currency, in the one currency of its order,
//! and nothing is given back for units that did not come back or were not cancelled.

use std::collections::HashMap;

use uuid::Uuid;

use super::breach::{Breaches, RuleId};
use super::stream::{PerStream, Stream};
use super::{RecordedFact, Rule};
use crate::event::Event;
use crate::ledger::{self, Entry, OrderTerms, PaymentTerms};
use crate::order::{LineShare, OrderEvent};
use crate::payment::{PaymentEvent, RefundReason};
use crate::value::{Currency, OrderId};

const RULE: RuleId = RuleId(7, "books-balance");

/// What the books know of orders and payments.
#[derive(Debug, Default)]
pub(super) struct Balances {
    orders: PerStream<Option<Account>>,
    payments: PerStream<Option<PaymentTerms>>,
    by_id: HashMap<OrderId, usize>,
}

/// What may be given back for an order and was.
#[derive(Debug)]
struct Account {
    terms: OrderTerms,
    cancelled: i64,
    returned: i64,
}

impl Rule for Balances {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        let mut check = |checked: Result<(), String>| {
            if let Err(detail) = checked {
                breaches.report(RULE, fact, stream, detail);
            }
        };
        match fact.event {
            Event::Order(event) => check(self.follow_order(event, stream.number)),
            Event::Payment(event) => {
                if let PaymentEvent::PaymentRequested(requested) = event {
                    *self.payments.of(stream.number) = Some((&**requested).into());
                }
                check(self.follow_payment(event, stream.number));
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

impl Balances {
    fn follow_order(&mut self, event: &OrderEvent, number: usize) -> Result<(), String> {
        if let OrderEvent::OrderPlaced(placed) = event {
            let account = Account {
                terms: (&**placed).into(),
                cancelled: 0,
                returned: 0,
            };
            self.by_id.insert(account.terms.order_id, number);
            *self.orders.of(number) = Some(account);
        }
        let Some(account) = self.orders.of(number) else {
            return Ok(());
        };
        match event {
            OrderEvent::OrderLinesCancelled { lines, .. } => add(&mut account.cancelled, lines),
            OrderEvent::OrderCancelled { shipping, .. } => {
                account.cancelled = account.cancelled.saturating_add(*shipping);
            }
            OrderEvent::ReturnReceived { lines, .. } => add(&mut account.returned, lines),
            _ => {}
        }
        let currency = account.terms.currency;
        ledger::of_order(Uuid::nil(), &account.terms, event)
            .map_or(Ok(()), |entry| balanced(&entry, currency))
    }

    fn follow_payment(&mut self, event: &PaymentEvent, number: usize) -> Result<(), String> {
        let Some(terms) = self.payments.of(number) else {
            return Ok(());
        };
        let Some(entry) = ledger::of_payment(Uuid::nil(), terms, event) else {
            return Ok(());
        };
        let order = self.by_id.get(&terms.order_id).copied();
        let Some(account) = order.and_then(|order| self.orders.of(order).as_mut()) else {
            return Err(format!("order {} was never placed", terms.order_id));
        };
        balanced(&entry, account.terms.currency)?;
        match event {
            PaymentEvent::PaymentRefunded { amount, reason, .. } => {
                account.give_back(amount.minor, *reason)
            }
            _ => Ok(()),
        }
    }
}

impl Account {
    fn give_back(&mut self, minor: i64, reason: RefundReason) -> Result<(), String> {
        let (left, what) = match reason {
            RefundReason::Cancelled => (&mut self.cancelled, "was cancelled"),
            RefundReason::Returned => (&mut self.returned, "came back"),
            RefundReason::Goodwill => return Ok(()),
        };
        let before = *left;
        *left = before.saturating_sub(minor);
        if minor <= before {
            return Ok(());
        }
        Err(format!(
            "{minor} is given back for what {what}; {before} of that is left"
        ))
    }
}

fn add(sum: &mut i64, lines: &[LineShare]) {
    for share in lines {
        *sum = sum.saturating_add(share.net).saturating_add(share.tax);
    }
}

fn balanced(entry: &Entry, currency: Currency) -> Result<(), String> {
    let is_foreign = |line: &&ledger::EntryLine| line.amount.currency != currency;
    if let Some(line) = entry.lines.iter().find(is_foreign) {
        return Err(format!("{} is not in the order's currency", line.amount));
    }
    if entry.is_balanced() {
        return Ok(());
    }
    Err("debits and credits of its entry differ".into())
}
