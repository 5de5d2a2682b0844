//! A line of an order: as placed, what has become of its units, and what units carry with them.

use serde::{Deserialize, Serialize};

use super::event::{LineShare, PlacedLine};
use crate::value::{Quantity, ReservationId, share_of_units};

/// What has become of a line's units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineProgress {
    /// Units that will not be sent.
    pub cancelled: u32,
    /// What those units carried of net and tax: what is due no more.
    pub cancelled_total: i64,
    /// Those of the cancelled units that were cancelled after the order was confirmed, and so may
    /// have been paid for.
    #[serde(default)]
    pub cancelled_late: Parts,
    /// Units that have left.
    pub shipped: u32,
    /// The same units, and what they carried.
    #[serde(default)]
    pub shipped_parts: Parts,
    /// Units that are announced to come back.
    #[serde(default)]
    pub return_requested: u32,
    /// Units that have come back.
    pub returned: u32,
    /// The same units, and what they carried.
    #[serde(default)]
    pub returned_parts: Parts,
    /// The reservation that replaced the one it was placed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed_reservation: Option<ReservationId>,
}

/// Units and what they carry of their line's amounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// How many units.
    pub units: u32,
    /// Of the discount.
    pub discount: i64,
    /// Of the net.
    pub net: i64,
    /// Of the tax.
    pub tax: i64,
}

impl Parts {
    /// What was paid for them: net and tax.
    #[must_use]
    pub const fn paid(&self) -> i64 {
        self.net.saturating_add(self.tax)
    }

    /// Adds what `share` carries.
    pub fn add(&mut self, share: &LineShare) {
        self.units = self.units.saturating_add(share.quantity.get());
        self.discount = self.discount.saturating_add(share.discount);
        self.net = self.net.saturating_add(share.net);
        self.tax = self.tax.saturating_add(share.tax);
    }

    /// Takes away what `share` carries.
    pub fn take(&mut self, share: &LineShare) {
        self.units = self.units.saturating_sub(share.quantity.get());
        self.discount = self.discount.saturating_sub(share.discount);
        self.net = self.net.saturating_sub(share.net);
        self.tax = self.tax.saturating_sub(share.tax);
    }
}

impl LineProgress {
    pub(super) fn cancel(&mut self, share: &LineShare) {
        let carried = share.net.saturating_add(share.tax);
        self.cancelled = self.cancelled.saturating_add(share.quantity.get());
        self.cancelled_total = self.cancelled_total.saturating_add(carried);
    }

    pub(super) fn ship(&mut self, share: &LineShare) {
        self.shipped = self.shipped.saturating_add(share.quantity.get());
        self.shipped_parts.add(share);
    }

    pub(super) fn give_back(&mut self, share: &LineShare) {
        self.returned = self.returned.saturating_add(share.quantity.get());
        self.returned_parts.add(share);
    }
}

/// A line: as placed, and what has become of it.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// As placed.
    pub placed: &'a PlacedLine,
    /// What has become of it.
    pub progress: LineProgress,
}

impl Line<'_> {
    /// Units that have neither left nor been cancelled.
    #[must_use]
    pub fn open(&self) -> u32 {
        let gone = self
            .progress
            .cancelled
            .saturating_add(self.progress.shipped);
        self.placed.quantity.get().saturating_sub(gone)
    }

    /// Units that have left, did not come back and are not announced to.
    #[must_use]
    pub fn returnable(&self) -> u32 {
        let back = self
            .progress
            .returned
            .saturating_add(self.progress.return_requested);
        self.progress.shipped.saturating_sub(back)
    }

    /// The reservation that holds its open units.
    #[must_use]
    pub fn reservation_id(&self) -> ReservationId {
        self.progress
            .renewed_reservation
            .unwrap_or(self.placed.reservation_id)
    }

    /// What the next `quantity` units to leave carry of the line's amounts.
    #[must_use]
    pub fn share(&self, quantity: Quantity) -> LineShare {
        let placed = self.placed;
        let gone = u64::from(self.progress.cancelled) + u64::from(self.progress.shipped);
        let share = |whole| share_of_units(whole, placed.quantity.units(), gone, quantity.units());
        self.carrying(
            quantity,
            share(placed.discount),
            share(placed.net),
            share(placed.tax),
        )
    }

    /// What the next `quantity` units to come back carry: units come back in the order in which
    /// they left, each with what it left with.
    ///
    /// Among equal units the larger shares leave first, so a split of what has been shipped so far
    /// gives each shipped unit exactly its own share, however many more are shipped later.
    #[must_use]
    pub fn returned_share(&self, quantity: Quantity) -> LineShare {
        let shipped = self.progress.shipped_parts;
        let (units, from) = (shipped.units.into(), self.progress.returned.into());
        let share = |whole| share_of_units(whole, units, from, quantity.units());
        self.carrying(
            quantity,
            share(shipped.discount),
            share(shipped.net),
            share(shipped.tax),
        )
    }

    /// `parts` of this line as a share of it; none without units.
    #[must_use]
    pub fn share_of(&self, parts: Parts) -> Option<LineShare> {
        let quantity = Quantity::new(parts.units).ok()?;
        Some(self.carrying(quantity, parts.discount, parts.net, parts.tax))
    }

    fn carrying(&self, quantity: Quantity, discount: i64, net: i64, tax: i64) -> LineShare {
        LineShare {
            line_id: self.placed.line_id,
            sku: self.placed.sku.clone(),
            quantity,
            gross: net.saturating_add(discount),
            discount,
            net,
            tax,
        }
    }
}
