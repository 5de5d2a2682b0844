//! What a client asks for when it places an order.

use std::time::Duration;

use crate::order::{Paid, PaymentChoice};
use crate::value::{Currency, Location, Money, OrderId, Quantity, Sku, StockId, Text, Timestamp};

/// Longest time that stock is held for an order that is not paid.
pub const HOLD_MAX: Duration = Duration::from_secs(7 * 24 * 3_600);
/// How far ahead of ours a sales channel's clock may be.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(5 * 60);

/// What a client asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceOrder {
    /// The id of the new order.
    pub order_id: OrderId,
    /// Who orders.
    pub customer: Option<Text>,
    /// The sales channel; only one may state amounts, the time of sale, or that it was paid.
    pub channel: Option<Text>,
    /// The currency of all amounts.
    pub currency: Currency,
    /// Where stock is taken.
    pub location: Location,
    /// What is wanted; the same SKU may be on several lines.
    pub lines: Vec<WantedLine>,
    /// The charge for shipping.
    pub shipping: Money,
    /// The total that the client expects; another one is `price-changed`.
    pub expected_total: Option<Money>,
    /// When a sales channel sold it; now for everyone else.
    pub placed_at: Option<Timestamp>,
    /// How a sales channel was paid already. Such an order is handed over at once.
    pub paid: Option<Paid>,
    /// How the customer wants to pay.
    pub payment: Option<PaymentChoice>,
    /// How long stock is held, and the order waits, for payment.
    pub hold: Duration,
}

/// A line as it is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedLine {
    /// What.
    pub sku: Sku,
    /// How many units.
    pub quantity: Quantity,
    /// What was paid for the whole line, if a sales channel says so.
    pub amounts: Option<LineAmounts>,
}

/// What a sales channel was paid for a whole line, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineAmounts {
    /// Before the discount.
    pub gross: i64,
    /// The shop's discount.
    pub discount: i64,
    /// `gross − discount`.
    pub net: i64,
    /// A manufacturer's coupon, kept beside the others.
    pub coupon: i64,
}

impl LineAmounts {
    /// `gross` without a discount.
    #[must_use]
    pub const fn undiscounted(gross: i64) -> Self {
        Self {
            gross,
            discount: 0,
            net: gross,
            coupon: 0,
        }
    }

    pub(super) fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self {
            gross: self.gross.checked_add(other.gross)?,
            discount: self.discount.checked_add(other.discount)?,
            net: self.net.checked_add(other.net)?,
            coupon: self.coupon.checked_add(other.coupon)?,
        })
    }
}

impl PlaceOrder {
    /// An order of `lines` from the shop itself, from the default location, with nothing special.
    #[must_use]
    pub fn new(
        order_id: OrderId,
        currency: Currency,
        lines: Vec<WantedLine>,
        hold: Duration,
    ) -> Self {
        Self {
            order_id,
            customer: None,
            channel: None,
            currency,
            location: Location::default(),
            lines,
            shipping: Money::zero(currency),
            expected_total: None,
            placed_at: None,
            paid: None,
            payment: None,
            hold,
        }
    }

    /// The stock items that take part, each once.
    #[must_use]
    pub fn stock_ids(&self) -> Vec<StockId> {
        let id = |line: &WantedLine| StockId::new(line.sku.clone(), self.location.clone());
        let mut ids: Vec<_> = self.lines.iter().map(id).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}
