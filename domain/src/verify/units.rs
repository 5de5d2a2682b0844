//! Rule 2: units dispatched ≤ received + adjusted + restocked, and every reservation ends exactly
//! once: no unit of it is dispatched, released or expired twice.

use std::collections::HashMap;

use super::breach::{Breaches, RuleId};
use super::stream::{PerStream, Stream};
use super::{RecordedFact, Rule};
use crate::event::Event;
use crate::stock::{Hold, StockEvent};
use crate::value::{Quantity, ReservationId};

const RULE: RuleId = RuleId(2, "units-and-reservations-end-once");

/// What came in less what left, per stock item, and every reservation ever made.
#[derive(Debug, Default)]
pub(super) struct Units {
    left: PerStream<i64>,
    /// Kept after its end: only so is a second end, or a second beginning, noticed.
    reservations: HashMap<ReservationId, Reserved>,
}

#[derive(Debug)]
struct Reserved {
    stream: usize,
    open: u32,
    hold: Hold,
}

impl Rule for Units {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        let Event::Stock(event) = fact.event else {
            return;
        };
        if let Err(detail) = self.count(event, stream.number) {
            breaches.report(RULE, fact, stream, detail);
        }
        if let Err(detail) = self.follow(event, stream.number) {
            breaches.report(RULE, fact, stream, detail);
        }
    }
}

impl Units {
    fn count(&mut self, event: &StockEvent, stream: usize) -> Result<(), String> {
        let delta = match event {
            StockEvent::StockReceived { quantity, .. }
            | StockEvent::StockRestocked { quantity, .. } => i64::from(quantity.get()),
            StockEvent::StockAdjusted { delta, .. } => *delta,
            StockEvent::StockDispatched { quantity, .. } => -i64::from(quantity.get()),
            _ => return Ok(()),
        };
        let left = self.left.of(stream);
        *left = left.saturating_add(delta);
        if *left >= 0 || delta >= 0 {
            return Ok(());
        }
        Err(format!(
            "{} more units have left than ever came in",
            left.unsigned_abs()
        ))
    }

    fn follow(&mut self, event: &StockEvent, stream: usize) -> Result<(), String> {
        match event {
            StockEvent::StockReserved {
                reservation_id,
                quantity,
                ..
            } => self.begin(*reservation_id, *quantity, stream),
            StockEvent::ReservationCommitted {
                reservation_id,
                quantity,
                ..
            } => {
                let reserved = self.open(*reservation_id, Hold::Held, stream)?;
                reserved.hold = Hold::Committed;
                if reserved.open == quantity.get() {
                    return Ok(());
                }
                let open = reserved.open;
                Err(format!(
                    "{quantity} units of {reservation_id} are committed; {open} are open"
                ))
            }
            StockEvent::ReservationReleased {
                reservation_id,
                quantity,
                from,
                ..
            } => self.end(*reservation_id, *quantity, *from, stream),
            StockEvent::ReservationExpired {
                reservation_id,
                quantity,
                ..
            } => self.end(*reservation_id, *quantity, Hold::Held, stream),
            StockEvent::StockDispatched {
                reservation_id,
                quantity,
                ..
            } => self.end(*reservation_id, *quantity, Hold::Committed, stream),
            _ => Ok(()),
        }
    }

    fn begin(
        &mut self,
        id: ReservationId,
        quantity: Quantity,
        stream: usize,
    ) -> Result<(), String> {
        let reserved = Reserved {
            stream,
            open: quantity.get(),
            hold: Hold::Held,
        };
        match self.reservations.insert(id, reserved) {
            None => Ok(()),
            Some(_) => Err(format!("reservation {id} begins a second time")),
        }
    }

    fn open(
        &mut self,
        id: ReservationId,
        hold: Hold,
        stream: usize,
    ) -> Result<&mut Reserved, String> {
        match self.reservations.get_mut(&id) {
            None => Err(format!("reservation {id} was never made")),
            Some(reserved) if reserved.stream != stream => {
                Err(format!("reservation {id} is of another stock item"))
            }
            Some(reserved) if reserved.open == 0 => Err(format!("reservation {id} had ended")),
            Some(reserved) if reserved.hold != hold => Err(format!(
                "reservation {id} is {:?}, not {hold:?}",
                reserved.hold
            )),
            Some(reserved) => Ok(reserved),
        }
    }

    fn end(
        &mut self,
        id: ReservationId,
        quantity: Quantity,
        hold: Hold,
        stream: usize,
    ) -> Result<(), String> {
        let reserved = self.open(id, hold, stream)?;
        let open = reserved.open;
        reserved.open = open.saturating_sub(quantity.get());
        if quantity.get() <= open {
            return Ok(());
        }
        Err(format!(
            "{quantity} units of reservation {id} end; {open} are open"
        ))
    }
}
