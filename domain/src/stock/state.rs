//! What is known of a stock item.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::{Hold, StockEvent};
use crate::value::{LineId, OrderId, Quantity, ReservationId, StockId, Timestamp};

/// A stock item. The default is one that was not opened yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StockItem {
    id: Option<StockId>,
    on_hand: u64,
    /// The sum over the held reservations, kept so that no reservation has to be walked over.
    held: u64,
    /// The sum over the committed ones, kept for the same reason.
    committed: u64,
    reservations: Arc<Reservations>,
}

/// An open reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Its id.
    pub reservation_id: ReservationId,
    /// Of which order.
    pub order_id: OrderId,
    /// Of which of its lines.
    pub line_id: LineId,
    /// How many of its units are still open.
    pub quantity: Quantity,
    /// When it lapses while it is held.
    pub expires_at: Timestamp,
    /// How firm it is.
    pub hold: Hold,
    /// Whether it was extended already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_extended: bool,
}

/// The open reservations of one item, found by id and, while held, by when they lapse.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Reservation>", into = "Vec<Reservation>")]
pub struct Reservations {
    by_id: BTreeMap<ReservationId, Reservation>,
    held_by_expiry: BTreeSet<(Timestamp, ReservationId)>,
}

impl Reservations {
    /// The reservation, while it is open.
    #[must_use]
    pub fn get(&self, id: ReservationId) -> Option<&Reservation> {
        self.by_id.get(&id)
    }

    /// Every open reservation, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Reservation> {
        self.by_id.values()
    }

    /// How many are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether none is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The held ones that have lapsed at `now`, the longest overdue first.
    pub fn overdue(&self, now: Timestamp) -> impl Iterator<Item = &Reservation> {
        self.held_by_expiry
            .iter()
            .take_while(move |(expires_at, _)| *expires_at <= now)
            .filter_map(|(_, id)| self.by_id.get(id))
    }

    /// When the next held one lapses.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.held_by_expiry
            .first()
            .map(|(expires_at, _)| *expires_at)
    }

    fn put(&mut self, reservation: Reservation) {
        let key = (reservation.expires_at, reservation.reservation_id);
        if reservation.hold == Hold::Held {
            self.held_by_expiry.insert(key);
        } else {
            self.held_by_expiry.remove(&key);
        }
        self.by_id.insert(reservation.reservation_id, reservation);
    }

    /// Moves the moment at which a held reservation lapses.
    fn extend(&mut self, id: ReservationId, expires_at: Timestamp) {
        let Some(reservation) = self.by_id.get(&id).cloned() else {
            return;
        };
        self.held_by_expiry.remove(&(reservation.expires_at, id));
        self.put(Reservation {
            expires_at,
            is_extended: true,
            ..reservation
        });
    }

    /// Takes units out of a reservation and forgets it when none is left.
    fn take(&mut self, id: ReservationId, quantity: Quantity) {
        let Some(reservation) = self.by_id.get_mut(&id) else {
            return;
        };
        let left = reservation.quantity.get().saturating_sub(quantity.get());
        if let Ok(left) = Quantity::new(left) {
            reservation.quantity = left;
        } else {
            self.held_by_expiry.remove(&(reservation.expires_at, id));
            self.by_id.remove(&id);
        }
    }
}

impl From<Vec<Reservation>> for Reservations {
    fn from(list: Vec<Reservation>) -> Self {
        let mut reservations = Self::default();
        for reservation in list {
            reservations.put(reservation);
        }
        reservations
    }
}

impl From<Reservations> for Vec<Reservation> {
    fn from(reservations: Reservations) -> Self {
        reservations.by_id.into_values().collect()
    }
}

impl StockItem {
    /// Which item it is, once opened.
    #[must_use]
    pub fn id(&self) -> Option<&StockId> {
        self.id.as_ref()
    }

    /// Units in the building.
    #[must_use]
    pub fn on_hand(&self) -> u64 {
        self.on_hand
    }

    /// Units promised until a moment.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.held
    }

    /// Units promised until they are dispatched.
    #[must_use]
    pub fn committed(&self) -> u64 {
        self.committed
    }

    /// Units promised in either way.
    #[must_use]
    pub fn promised(&self) -> u64 {
        self.held.saturating_add(self.committed)
    }

    /// Units that can be promised; none in a shortfall. Overdue holds count as promised until
    /// they are ended.
    #[must_use]
    pub fn available(&self) -> u64 {
        self.on_hand.saturating_sub(self.promised())
    }

    /// Promised units that are not there; only a forced adjustment makes any.
    #[must_use]
    pub fn shortfall(&self) -> u64 {
        self.promised().saturating_sub(self.on_hand)
    }

    /// The open reservations.
    #[must_use]
    pub fn reservations(&self) -> &Reservations {
        &self.reservations
    }

    /// Takes `event` into account.
    pub fn evolve(&mut self, event: &StockEvent) {
        match event {
            StockEvent::StockReceived {
                sku,
                location,
                quantity,
                ..
            } => {
                self.id
                    .get_or_insert_with(|| StockId::new(sku.clone(), location.clone()));
                self.on_hand = self.on_hand.saturating_add(quantity.units());
            }
            StockEvent::StockRestocked { quantity, .. } => {
                self.on_hand = self.on_hand.saturating_add(quantity.units());
            }
            StockEvent::StockAdjusted { delta, .. } => {
                self.on_hand = self.on_hand.saturating_add_signed(*delta);
            }
            StockEvent::StockShortfallDetected { .. } | StockEvent::StockWrittenOff { .. } => {}
            StockEvent::StockReserved { .. }
            | StockEvent::ReservationExtended { .. }
            | StockEvent::ReservationCommitted { .. }
            | StockEvent::ReservationReleased { .. }
            | StockEvent::ReservationExpired { .. }
            | StockEvent::StockDispatched { .. } => self.evolve_reservation(event),
        }
    }

    fn evolve_reservation(&mut self, event: &StockEvent) {
        let reservations = Arc::make_mut(&mut self.reservations);
        match event {
            StockEvent::StockReserved {
                reservation_id,
                order_id,
                line_id,
                quantity,
                expires_at,
            } => {
                self.held = self.held.saturating_add(quantity.units());
                reservations.put(Reservation {
                    reservation_id: *reservation_id,
                    order_id: *order_id,
                    line_id: *line_id,
                    quantity: *quantity,
                    expires_at: *expires_at,
                    hold: Hold::Held,
                    is_extended: false,
                });
            }
            StockEvent::ReservationExtended {
                reservation_id,
                expires_at,
                ..
            } => reservations.extend(*reservation_id, *expires_at),
            StockEvent::ReservationCommitted {
                reservation_id,
                quantity,
                ..
            } => {
                self.held = self.held.saturating_sub(quantity.units());
                self.committed = self.committed.saturating_add(quantity.units());
                if let Some(reservation) = reservations.get(*reservation_id) {
                    reservations.put(Reservation {
                        hold: Hold::Committed,
                        ..reservation.clone()
                    });
                }
            }
            StockEvent::ReservationReleased {
                reservation_id,
                quantity,
                from,
                ..
            } => {
                match from {
                    Hold::Held => self.held = self.held.saturating_sub(quantity.units()),
                    Hold::Committed => {
                        self.committed = self.committed.saturating_sub(quantity.units());
                    }
                }
                reservations.take(*reservation_id, *quantity);
            }
            StockEvent::ReservationExpired {
                reservation_id,
                quantity,
                ..
            } => {
                self.held = self.held.saturating_sub(quantity.units());
                reservations.take(*reservation_id, *quantity);
            }
            StockEvent::StockDispatched {
                reservation_id,
                quantity,
                ..
            } => {
                self.on_hand = self.on_hand.saturating_sub(quantity.units());
                self.committed = self.committed.saturating_sub(quantity.units());
                reservations.take(*reservation_id, *quantity);
            }
            StockEvent::StockReceived { .. }
            | StockEvent::StockAdjusted { .. }
            | StockEvent::StockShortfallDetected { .. }
            | StockEvent::StockRestocked { .. }
            | StockEvent::StockWrittenOff { .. } => {}
        }
    }
}
