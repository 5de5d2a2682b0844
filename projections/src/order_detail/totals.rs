//! What an order comes to in all.

use domain::order::OrderPlaced;
use domain::value::Money;
use serde::{Deserialize, Serialize};

/// As ordered, except for the last five.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Totals {
    pub units: u64,
    pub gross: Money,
    pub discount: Money,
    pub net: Money,
    pub tax: Money,
    pub shipping: Money,
    pub total: Money,
    pub coupon: Money,
    /// What the cancelled units carried of net and tax.
    pub cancelled: Money,
    /// What the returned units carried of net and tax.
    pub returned: Money,
    /// What is to be paid in all.
    pub due: Money,
    /// What was taken from the customer, by a gateway or outside.
    pub captured: Money,
    /// What was given back.
    pub refunded: Money,
}

impl Totals {
    pub fn of(placed: &OrderPlaced) -> Self {
        let totals = placed.totals();
        let money = |minor| Money::new(minor, placed.currency);
        Self {
            units: totals.units,
            gross: money(totals.gross),
            discount: money(totals.discount),
            net: money(totals.net),
            tax: money(totals.tax),
            shipping: money(totals.shipping),
            total: money(totals.total),
            coupon: money(totals.coupon),
            cancelled: money(0),
            returned: money(0),
            due: money(totals.total),
            captured: money(0),
            refunded: money(0),
        }
    }
}
