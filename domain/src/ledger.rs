//! The books: journal entries by double entry, each a pure function of one event.
//!
//! | What happened | Debit | Credit |
//! |---|---|---|
//! | captured, or paid outside | gateway clearing | customer prepayments |
//! | shipped | customer prepayments | sales revenue, tax payable, shipping revenue |
//! | refunded, units will not be sent | customer prepayments | gateway clearing |
//! | refunded, units came back | sales returns, tax payable | gateway clearing |
//! | refunded out of kindness | sales returns | gateway clearing |
//!
//! An entry's id is the id of its event, so an event is posted at most once. Amounts are minor
//! units; a debit is positive and a credit negative, so every entry sums to zero. Beside the
//! event only the [terms](OrderTerms) of its order or [payment](PaymentTerms) are needed, which
//! never change: entries of several streams may be made in any order.

mod books;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use books::Books;

use crate::order::{LineShare, OrderEvent, OrderPlaced};
use crate::payment::{PaymentEvent, PaymentRequested, RefundReason};
use crate::value::{Currency, Money, OrderId, PaymentId, Text, split_minor};

/// What the clearing account of what was paid outside is called.
pub const PAID_OUTSIDE: &str = "external";

/// An account of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// What gateways took and did not give back: the shop's money at each of them.
    GatewayClearing,
    /// What customers paid for units that have not left: owed to them.
    CustomerPrepayments,
    /// Units that have left, without tax.
    SalesRevenue,
    /// Tax on what has left: owed to the state.
    TaxPayable,
    /// Charges for shipping.
    ShippingRevenue,
    /// Sales that were undone or made cheaper.
    SalesReturns,
}

impl Account {
    /// Every account.
    pub const ALL: [Self; 6] = [
        Self::GatewayClearing,
        Self::CustomerPrepayments,
        Self::SalesRevenue,
        Self::TaxPayable,
        Self::ShippingRevenue,
        Self::SalesReturns,
    ];

    /// As in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GatewayClearing => "gateway_clearing",
            Self::CustomerPrepayments => "customer_prepayments",
            Self::SalesRevenue => "sales_revenue",
            Self::TaxPayable => "tax_payable",
            Self::ShippingRevenue => "shipping_revenue",
            Self::SalesReturns => "sales_returns",
        }
    }
}

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// An order was paid outside.
    PaidOutside,
    /// A payment was captured.
    Captured,
    /// Units left.
    Shipped,
    /// Money was given back.
    Refunded,
}

impl EntryKind {
    /// As in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaidOutside => "paid_outside",
            Self::Captured => "captured",
            Self::Shipped => "shipped",
            Self::Refunded => "refunded",
        }
    }
}

/// One movement on one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryLine {
    /// On which account.
    pub account: Account,
    /// At which gateway, for the clearing account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Text>,
    /// How much: positive on the debit side, negative on the credit side, never zero.
    pub amount: Money,
}

/// An entry: lines that sum to zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The id of the event that it posts.
    pub entry_id: Uuid,
    /// What it is about.
    pub kind: EntryKind,
    /// Of which order.
    pub order_id: OrderId,
    /// Of which payment, if of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<PaymentId>,
    /// Its lines, debits first.
    pub lines: Vec<EntryLine>,
}

impl Entry {
    /// The sum of its lines, per currency: nothing of any, or it is no entry.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.lines.iter().all(|line| {
            let same = self.lines.iter().map(|other| other.amount);
            let same = same.filter(|amount| amount.currency == line.amount.currency);
            same.map(|amount| i128::from(amount.minor)).sum::<i128>() == 0
        })
    }
}

/// What the books have to know of an order: it is in `OrderPlaced`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTerms {
    /// The order.
    pub order_id: OrderId,
    /// The currency of its amounts.
    pub currency: Currency,
}

impl From<&OrderPlaced> for OrderTerms {
    fn from(placed: &OrderPlaced) -> Self {
        Self {
            order_id: placed.order_id,
            currency: placed.currency,
        }
    }
}

/// What the books have to know of a payment: it is in `PaymentRequested`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentTerms {
    /// The payment.
    pub payment_id: PaymentId,
    /// Its order.
    pub order_id: OrderId,
    /// Its gateway.
    pub gateway: Text,
}

impl From<&PaymentRequested> for PaymentTerms {
    fn from(requested: &PaymentRequested) -> Self {
        Self {
            payment_id: requested.payment_id,
            order_id: requested.order_id,
            gateway: requested.gateway.clone(),
        }
    }
}

/// The entry of an event of an order, if it has one.
#[must_use]
pub fn of_order(entry_id: Uuid, terms: &OrderTerms, event: &OrderEvent) -> Option<Entry> {
    let mut draft = Draft::new(terms.currency);
    let kind = match event {
        OrderEvent::OrderPlaced(placed) if placed.paid.is_some() => {
            let total = placed.totals().total;
            draft.clearing(Text::new(PAID_OUTSIDE).ok(), total);
            draft.credit(Account::CustomerPrepayments, total);
            EntryKind::PaidOutside
        }
        OrderEvent::OrderShipped {
            lines, shipping, ..
        } => {
            let (net, tax) = carried(lines);
            let all = net.saturating_add(tax).saturating_add(*shipping);
            draft.debit(Account::CustomerPrepayments, all);
            draft.credit(Account::SalesRevenue, net);
            draft.credit(Account::TaxPayable, tax);
            draft.credit(Account::ShippingRevenue, *shipping);
            EntryKind::Shipped
        }
        _ => return None,
    };
    draft.into_entry(entry_id, kind, terms.order_id, None)
}

/// The entry of an event of a payment, if it has one.
#[must_use]
pub fn of_payment(entry_id: Uuid, terms: &PaymentTerms, event: &PaymentEvent) -> Option<Entry> {
    let gateway = Some(terms.gateway.clone());
    let (kind, draft) = match event {
        PaymentEvent::PaymentCaptured { amount, .. } => {
            let mut draft = Draft::new(amount.currency);
            draft.clearing(gateway, amount.minor);
            draft.credit(Account::CustomerPrepayments, amount.minor);
            (EntryKind::Captured, draft)
        }
        PaymentEvent::PaymentRefunded {
            amount,
            reason,
            lines,
            ..
        } => {
            let mut draft = Draft::new(amount.currency);
            draft.bear(amount.minor, *reason, lines);
            draft.clearing(gateway, amount.minor.saturating_neg());
            (EntryKind::Refunded, draft)
        }
        _ => return None,
    };
    draft.into_entry(entry_id, kind, terms.order_id, Some(terms.payment_id))
}

/// The net and the tax that units carry, in minor units.
fn carried(lines: &[LineShare]) -> (i64, i64) {
    lines.iter().fold((0, 0), |(net, tax): (i64, i64), share| {
        (net.saturating_add(share.net), tax.saturating_add(share.tax))
    })
}

/// An entry in the making.
struct Draft {
    currency: Currency,
    lines: Vec<EntryLine>,
}

impl Draft {
    const fn new(currency: Currency) -> Self {
        Self {
            currency,
            lines: Vec::new(),
        }
    }

    fn debit(&mut self, account: Account, minor: i64) {
        self.add(account, None, minor);
    }

    fn credit(&mut self, account: Account, minor: i64) {
        self.add(account, None, minor.saturating_neg());
    }

    fn clearing(&mut self, gateway: Option<Text>, minor: i64) {
        self.add(Account::GatewayClearing, gateway, minor);
    }

    fn add(&mut self, account: Account, gateway: Option<Text>, minor: i64) {
        if minor != 0 {
            self.lines.push(EntryLine {
                account,
                gateway,
                amount: Money::new(minor, self.currency),
            });
        }
    }

    /// Debits what bears a refund.
    fn bear(&mut self, amount: i64, reason: RefundReason, lines: &[LineShare]) {
        match reason {
            RefundReason::Cancelled => self.debit(Account::CustomerPrepayments, amount),
            RefundReason::Goodwill => self.debit(Account::SalesReturns, amount),
            RefundReason::Returned => {
                let (net, tax) = split_like(amount, carried(lines));
                self.debit(Account::SalesReturns, net);
                self.debit(Account::TaxPayable, tax);
            }
        }
    }

    /// None if nothing moves.
    fn into_entry(
        self,
        entry_id: Uuid,
        kind: EntryKind,
        order_id: OrderId,
        payment_id: Option<PaymentId>,
    ) -> Option<Entry> {
        (!self.lines.is_empty()).then_some(Entry {
            entry_id,
            kind,
            order_id,
            payment_id,
            lines: self.lines,
        })
    }
}

/// `amount` in the proportion of net to tax; exactly those where they sum to it. Where less was
/// refunded than the units carried, both bear their part of it; without units there is no tax.
fn split_like(amount: i64, (net, tax): (i64, i64)) -> (i64, i64) {
    let weights = [net, tax].map(|minor| u64::try_from(minor).unwrap_or(0));
    match split_minor(amount, &weights).as_deref() {
        Ok([net, tax]) => (*net, *tax),
        _ => (amount, 0),
    }
}
