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
    /// Neither shipped nor cancelled. Returns have no event yet; when they do, count them here.
    open: u32,
}

impl Rule for Lines {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        let Event::Order(event) = fact.event else {
            return;
        };
        let lines = self.0.of(stream.number);
        match event {
            OrderEvent::OrderPlaced(placed) => {
                let units = placed.lines.iter().map(|line| Units {
                    line_id: line.line_id,
                    open: line.quantity.get(),
                });
                *lines = units.collect();
            }
            OrderEvent::OrderLinesCancelled { lines: gone, .. }
            | OrderEvent::OrderShipped { lines: gone, .. } => {
                for share in gone {
                    if let Err(detail) = take(lines, share) {
                        breaches.report(RULE, fact, stream, detail);
                    }
                }
            }
            _ => {}
        }
    }
}

fn take(lines: &mut [Units], share: &LineShare) -> Result<(), String> {
    let Some(units) = lines
        .iter_mut()
        .find(|units| units.line_id == share.line_id)
    else {
        return Err(format!(
            "line {} ({}) was never placed",
            share.line_id, share.sku
        ));
    };
    let open = units.open;
    units.open = open.saturating_sub(share.quantity.get());
    if share.quantity.get() <= open {
        return Ok(());
    }
    Err(format!(
        "{} units of {} are shipped or cancelled; {open} were left",
        share.quantity, share.sku
    ))
}
