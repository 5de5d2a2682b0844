//! Rule 3: on every line `0 ≤ returned ≤ shipped ≤ ordered − cancelled`.

use super::breach::{Breaches, RuleId};
use super::stream::{PerStream, Stream};
use super::{RecordedFact, Rule};
use crate::event::Event;
use crate::order::{LineShare, OrderEvent};
use crate::value::LineId;

const RULE: RuleId = RuleId(3, "line-units");

/// The units of every line of every order.
#[derive(Debug, Default)]
pub(super) struct Lines(PerStream<Vec<Units>>);

#[derive(Debug)]
struct Units {
    line_id: LineId,
    /// Neither shipped nor cancelled.
    open: u32,
    /// Shipped and not come back.
    away: u32,
}

impl Rule for Lines {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        let Event::Order(event) = fact.event else {
            return;
        };
        let lines = self.0.of(stream.number);
        let mut check = |checked: Result<(), String>| {
            if let Err(detail) = checked {
                breaches.report(RULE, fact, stream, detail);
            }
        };
        match event {
            OrderEvent::OrderPlaced(placed) => {
                let units = placed.lines.iter().map(|line| Units {
                    line_id: line.line_id,
                    open: line.quantity.get(),
                    away: 0,
                });
                *lines = units.collect();
            }
            OrderEvent::OrderLinesCancelled { lines: gone, .. } => {
                gone.iter()
                    .for_each(|share| check(take(lines, share, Way::Cancelled)));
            }
            OrderEvent::OrderShipped { lines: gone, .. } => {
                gone.iter()
                    .for_each(|share| check(take(lines, share, Way::Shipped)));
            }
            OrderEvent::ReturnReceived { lines: back, .. } => {
                back.iter().for_each(|share| check(give_back(lines, share)));
            }
            _ => {}
        }
    }
}

/// How units leave a line.
enum Way {
    Cancelled,
    Shipped,
}

fn take(lines: &mut [Units], share: &LineShare, way: Way) -> Result<(), String> {
    let units = line_of(lines, share)?;
    let open = units.open;
    units.open = open.saturating_sub(share.quantity.get());
    if let Way::Shipped = way {
        units.away = units.away.saturating_add(share.quantity.get());
    }
    if share.quantity.get() <= open {
        return Ok(());
    }
    Err(format!(
        "{} units of {} are shipped or cancelled; {open} were left",
        share.quantity, share.sku
    ))
}

fn give_back(lines: &mut [Units], share: &LineShare) -> Result<(), String> {
    let units = line_of(lines, share)?;
    let away = units.away;
    units.away = away.saturating_sub(share.quantity.get());
    if share.quantity.get() <= away {
        return Ok(());
    }
    Err(format!(
        "{} units of {} came back; {away} were away",
        share.quantity, share.sku
    ))
}

fn line_of<'a>(lines: &'a mut [Units], share: &LineShare) -> Result<&'a mut Units, String> {
    let found = lines.iter_mut().find(|line| line.line_id == share.line_id);
    found.ok_or_else(|| format!("line {} ({}) was never placed", share.line_id, share.sku))
}
