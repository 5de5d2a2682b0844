//! Rule 1: at every version of every stock item, `on hand ≥ held + committed ≥ 0`. Only a forced
//! adjustment may break it, and then the next event of the stream names the shortfall.

use super::breach::{Breaches, Place, RuleId};
use super::stream::{PerStream, Stream};
use super::{RecordedFact, Rule};
use crate::event::Event;
use crate::stock::{Hold, StockEvent};

const RULE: RuleId = RuleId(1, "on-hand-covers-promised");

/// The levels of every stock item.
#[derive(Debug, Default)]
pub(super) struct Available(PerStream<Levels>);

#[derive(Debug, Default)]
struct Levels {
    on_hand: i64,
    held: i64,
    committed: i64,
    /// An adjustment that left too little and was not named yet.
    unnamed: Option<Box<Place>>,
}

impl Levels {
    fn shortfall(&self) -> i64 {
        self.held
            .saturating_add(self.committed)
            .saturating_sub(self.on_hand)
            .max(0)
    }

    fn apply(&mut self, event: &StockEvent) {
        let move_by = |level: &mut i64, by: i64| *level = level.saturating_add(by);
        match event {
            StockEvent::StockReceived { quantity, .. }
            | StockEvent::StockRestocked { quantity, .. } => {
                move_by(&mut self.on_hand, quantity.get().into());
            }
            StockEvent::StockAdjusted { delta, .. } => move_by(&mut self.on_hand, *delta),
            StockEvent::StockReserved { quantity, .. } => {
                move_by(&mut self.held, quantity.get().into());
            }
            StockEvent::ReservationCommitted { quantity, .. } => {
                move_by(&mut self.held, -i64::from(quantity.get()));
                move_by(&mut self.committed, quantity.get().into());
            }
            StockEvent::ReservationReleased { quantity, from, .. } => {
                let level = match from {
                    Hold::Held => &mut self.held,
                    Hold::Committed => &mut self.committed,
                };
                move_by(level, -i64::from(quantity.get()));
            }
            StockEvent::ReservationExpired { quantity, .. } => {
                move_by(&mut self.held, -i64::from(quantity.get()));
            }
            StockEvent::StockDispatched { quantity, .. } => {
                move_by(&mut self.on_hand, -i64::from(quantity.get()));
                move_by(&mut self.committed, -i64::from(quantity.get()));
            }
            StockEvent::StockShortfallDetected { .. }
            | StockEvent::ReservationExtended { .. }
            | StockEvent::StockWrittenOff { .. } => {}
        }
    }
}

impl Rule for Available {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        let Event::Stock(event) = fact.event else {
            return;
        };
        let levels = self.0.of(stream.number);
        let before = levels.shortfall();
        levels.apply(event);
        let now = levels.shortfall();
        let unnamed = levels.unnamed.take();
        if let StockEvent::StockShortfallDetected { shortfall, .. } = event {
            if i64::try_from(*shortfall) != Ok(now) {
                let detail = format!("it names a shortfall of {shortfall}; there is one of {now}");
                breaches.report(RULE, fact, stream, detail);
            }
            return;
        }
        if let Some(place) = unnamed {
            breaches.report_at(RULE, &place, not_named());
        }
        if levels.on_hand < 0 || levels.held < 0 || levels.committed < 0 {
            let detail = format!(
                "a level is below zero: on hand {}, held {}, committed {}",
                levels.on_hand, levels.held, levels.committed
            );
            breaches.report(RULE, fact, stream, detail);
        }
        if now > before && matches!(event, StockEvent::StockAdjusted { .. }) {
            levels.unnamed = Some(Box::new(Place::of(fact, stream)));
        } else if now > before {
            let detail = format!(
                "more is promised than there is: on hand {}, held {}, committed {}",
                levels.on_hand, levels.held, levels.committed
            );
            breaches.report(RULE, fact, stream, detail);
        }
    }

    fn finish(&mut self, breaches: &mut Breaches) {
        for place in self.0.iter().filter_map(|levels| levels.unnamed.as_ref()) {
            breaches.report_at(RULE, place, not_named());
        }
    }
}

fn not_named() -> String {
    "the adjustment leaves less than is promised and StockShortfallDetected does not follow".into()
}
