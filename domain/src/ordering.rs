//! Commands that an order, stock items and its payment take part in, each one atomic.
//!
//! Every function here is pure: it is given the states, asks the aggregates' own `decide`, and
//! returns the events of every stream that takes part. They are to be appended together or not at
//! all, so no order ever exists with half its stock.
//!
//! Pointers of errors are into the list of lines as the caller gave it (`/lines/3/quantity`).
//! Lines of the same SKU are merged into the first of them, and what is wrong with the merged line
//! is said of that first one.

mod by_hand;
#[cfg(test)]
mod by_hand_tests;
mod cancel;
mod conclude;
mod confirm;
#[cfg(test)]
mod conservation;
mod extend;
mod give_back;
mod pay;
mod place;
#[cfg(test)]
mod properties;
mod reject;
mod settle;
#[cfg(test)]
mod settle_tests;
mod ship;
#[cfg(test)]
mod tests;
mod wish;

use std::collections::BTreeMap;

pub use by_hand::{RefundWish, capture_by_hand, refund_by_hand};
pub use cancel::{cancel, cancel_lines};
pub use conclude::{conclude, time_out};
pub use confirm::{confirm, confirm_by_hand};
pub use extend::extend;
pub use give_back::{ReceiveReturn, ReceivedLine, receive_return};
pub use pay::begin_payment;
pub use place::place;
pub use reject::reject;
pub use settle::{CapturePolicy, FAILURES_IN_A_ROW_MAX, MoneyStep, money_step, settle};
pub use ship::{ShipLines, ship};
pub use wish::{CLOCK_SKEW_MAX, HOLD_MAX, LineAmounts, PlaceOrder, WantedLine};

use crate::order::OrderEvent;
use crate::payment::PaymentEvent;
use crate::product::Product;
use crate::rejection::{FieldError, Rejection, RejectionCode};
use crate::stock::{StockEvent, StockItem};
use crate::value::{PaymentId, Sku, StockId};

/// Finds the state of a stock item; none if it was never opened.
pub type StockLookup<'a> = dyn Fn(&StockId) -> Option<&'a StockItem> + 'a;

/// Finds the product that a SKU is a variant of, with its stream's version; none if there is none.
pub type ProductLookup<'a> = dyn Fn(&Sku) -> Option<(&'a Product, u64)> + 'a;

/// The events of every stream that takes part, to be appended atomically. All empty: the
/// idempotent answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrderingOutcome {
    /// Of the order.
    pub order: Vec<OrderEvent>,
    /// Of each stock item.
    pub stock: BTreeMap<StockId, Vec<StockEvent>>,
    /// Of each payment.
    pub payments: BTreeMap<PaymentId, Vec<PaymentEvent>>,
}

impl OrderingOutcome {
    /// Whether nothing happens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty() && self.stock.is_empty() && self.payments.is_empty()
    }

    fn add_stock(&mut self, id: StockId, events: Vec<StockEvent>) {
        if !events.is_empty() {
            self.stock.entry(id).or_default().extend(events);
        }
    }

    fn add_payment(&mut self, id: PaymentId, events: Vec<PaymentEvent>) {
        if !events.is_empty() {
            self.payments.entry(id).or_default().extend(events);
        }
    }
}

/// Lines that stock does not suffice for, gathered so that the client is told of all at once.
#[derive(Debug, Default)]
struct ShortLines(Vec<FieldError>);

impl ShortLines {
    /// Adds what a stock item answered for line `at`; what is not about stock is returned.
    fn add(&mut self, rejection: Rejection, at: usize, sku: &Sku) -> Result<(), Rejection> {
        if rejection.code != RejectionCode::OutOfStock {
            return Err(rejection);
        }
        self.0.push(FieldError::new(
            format!("/lines/{at}/quantity"),
            RejectionCode::OutOfStock.as_str(),
            format!("SKU {sku}: {}", rejection.detail),
        ));
        Ok(())
    }

    /// A rejection that names every line, if there is one.
    fn into_result(self) -> Result<(), Rejection> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Rejection::of_fields(RejectionCode::OutOfStock, self.0))
    }
}
