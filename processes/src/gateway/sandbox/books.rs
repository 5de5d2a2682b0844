//! The sandbox's own books: what money moved, and what that comes to.

use std::collections::{BTreeMap, VecDeque};

use domain::value::{Currency, Money, Timestamp};

use crate::gateway::{Movement, MovementKind, MovementsPage, MovementsQuery};

/// Most movements that are listed; beyond it the oldest leave the list and stay in the totals.
const MOVEMENTS_MAX: usize = 500_000;
/// Movements in a page.
const PAGE_MAX: usize = 100;

/// What moved in one currency, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Taken from payers.
    pub captured: i128,
    /// Given back to payers.
    pub refunded: i128,
}

impl Totals {
    /// What the gateway owes the shop: captured less refunded.
    #[must_use]
    pub const fn balance(self) -> i128 {
        self.captured - self.refunded
    }
}

/// The books.
#[derive(Debug, Clone, Default)]
pub struct Books {
    movements: VecDeque<Movement>,
    totals: BTreeMap<Currency, Totals>,
    /// How many movements have left the list.
    dropped: usize,
}

impl Books {
    /// The movements, oldest first (the latest half million).
    pub fn movements(&self) -> impl Iterator<Item = &Movement> {
        self.movements.iter()
    }

    /// What they come to, all of them; nothing where none was.
    #[must_use]
    pub fn totals(&self, currency: Currency) -> Totals {
        self.totals.get(&currency).copied().unwrap_or_default()
    }

    /// The currencies in which money moved.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.totals.keys().copied()
    }

    pub(super) fn post(
        &mut self,
        kind: MovementKind,
        id: uuid::Uuid,
        gateway_ref: &str,
        amount: Money,
        at: Timestamp,
    ) {
        let totals = self.totals.entry(amount.currency).or_default();
        match kind {
            MovementKind::Captured => totals.captured += i128::from(amount.minor),
            _ => totals.refunded += i128::from(amount.minor),
        }
        self.movements.push_back(Movement {
            id: Some(id),
            gateway_ref: Some(gateway_ref.to_owned()),
            kind,
            amount,
            at,
        });
        if self.movements.len() > MOVEMENTS_MAX {
            self.movements.pop_front();
            self.dropped += 1;
        }
    }

    /// A page; the cursor counts movements from the first that ever was.
    pub(super) fn page(&self, query: &MovementsQuery) -> MovementsPage {
        let from = query.cursor.as_deref().and_then(|text| text.parse().ok());
        let skip = from.unwrap_or(0_usize).saturating_sub(self.dropped);
        let in_time = |movement: &Movement| query.from <= movement.at && movement.at < query.until;
        let mut rest = (self.dropped + skip..).zip(self.movements.iter().skip(skip));
        let mut movements = Vec::new();
        let mut next = None;
        for (at, movement) in rest.by_ref() {
            if !in_time(movement) {
                continue;
            }
            if movements.len() == PAGE_MAX {
                next = Some(at.to_string());
                break;
            }
            movements.push(movement.clone());
        }
        MovementsPage { movements, next }
    }
}
