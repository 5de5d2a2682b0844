//! Rule 6: an order's total is Σ line nets + tax + shipping, in one currency, and what units carry
//! away with them when they are cancelled or shipped sums to their line; what comes back brings
//! what it left with.

use super::breach::{Breaches, RuleId};
use super::stream::{PerStream, Stream};
use super::{RecordedFact, Rule};
use crate::event::Event;
use crate::order::{LineShare, OrderEvent, OrderPlaced, Parts, PlacedLine};
use crate::value::{Currency, LineId};

const RULE: RuleId = RuleId(6, "amounts-sum");

/// What is left of the amounts of every order.
#[derive(Debug, Default)]
pub(super) struct Totals(PerStream<Amounts>);

#[derive(Debug, Default)]
struct Amounts {
    currency: Option<Currency>,
    shipping: i64,
    shipping_earned: i64,
    lines: Vec<LineLeft>,
}

#[derive(Debug)]
struct LineLeft {
    line_id: LineId,
    units: u32,
    discount: i64,
    net: i64,
    tax: i64,
    away: Parts,
}

impl Rule for Totals {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        let Event::Order(event) = fact.event else {
            return;
        };
        let amounts = self.0.of(stream.number);
        let mut check = |checked: Result<(), String>| {
            if let Err(detail) = checked {
                breaches.report(RULE, fact, stream, detail);
            }
        };
        match event {
            OrderEvent::OrderPlaced(placed) => {
                check(placed_sums(placed));
                *amounts = Amounts::of(placed);
            }
            OrderEvent::OrderConfirmed { authorized, .. } => {
                if amounts.currency != Some(authorized.currency) {
                    check(Err(format!("{authorized} is not in the order's currency")));
                }
            }
            OrderEvent::OrderLinesCancelled { lines, .. } => {
                lines.iter().for_each(|share| check(amounts.take(share)));
            }
            OrderEvent::OrderShipped {
                lines, shipping, ..
            } => {
                for share in lines {
                    check(amounts.take(share));
                    amounts.ship(share);
                }
                check(amounts.earn(*shipping));
            }
            OrderEvent::ReturnReceived { lines, .. } => {
                lines
                    .iter()
                    .for_each(|share| check(amounts.give_back(share)));
            }
            OrderEvent::OrderCancelled { shipping, .. } => {
                if *shipping != amounts.shipping {
                    let charged = amounts.shipping;
                    check(Err(format!(
                        "{shipping} of shipping is let go; {charged} was charged"
                    )));
                }
            }
            OrderEvent::OrderRejected { .. }
            | OrderEvent::OrderDeadlineExtended { .. }
            | OrderEvent::ReturnRequested { .. }
            | OrderEvent::ReturnDeclined { .. }
            | OrderEvent::ShipmentDelivered { .. }
            | OrderEvent::OrderCompleted {}
            | OrderEvent::OrderNoteAdded { .. } => {}
        }
    }
}

fn placed_sums(placed: &OrderPlaced) -> Result<(), String> {
    let mut total = i128::from(placed.shipping);
    if placed.shipping < 0 {
        return Err(format!("shipping is {}", placed.shipping));
    }
    for line in &placed.lines {
        line_sums(line).map_err(|wrong| format!("{}: {wrong}", line.sku))?;
        total += i128::from(line.net) + i128::from(line.tax);
    }
    match i64::try_from(total) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("the total {total} does not fit 64 bits")),
    }
}

fn line_sums(line: &PlacedLine) -> Result<(), String> {
    if [line.gross, line.discount, line.net, line.coupon]
        .iter()
        .any(|minor| *minor < 0)
    {
        return Err("an amount is below zero".into());
    }
    if i128::from(line.gross) - i128::from(line.discount) != i128::from(line.net) {
        let (gross, discount, net) = (line.gross, line.discount, line.net);
        return Err(format!(
            "net is {net}; gross − discount is {gross} − {discount}"
        ));
    }
    let tax = line.tax_bp.on(line.net);
    if line.tax != tax {
        return Err(format!(
            "tax is {}; on a net of {} it is {tax}",
            line.tax, line.net
        ));
    }
    Ok(())
}

impl Amounts {
    fn of(placed: &OrderPlaced) -> Self {
        let left = |line: &PlacedLine| LineLeft {
            line_id: line.line_id,
            units: line.quantity.get(),
            discount: line.discount,
            net: line.net,
            tax: line.tax,
            away: Parts::default(),
        };
        Self {
            currency: Some(placed.currency),
            shipping: placed.shipping,
            shipping_earned: 0,
            lines: placed.lines.iter().map(left).collect(),
        }
    }

    /// A line or units too many are for rule 3 to say.
    fn take(&mut self, share: &LineShare) -> Result<(), String> {
        let sku = &share.sku;
        if share.net.checked_add(share.discount) != Some(share.gross) {
            return Err(format!(
                "the share of {sku} has a gross that is not net + discount"
            ));
        }
        let Some(left) = self.line_of(share) else {
            return Ok(());
        };
        left.units = left.units.saturating_sub(share.quantity.get());
        left.discount = left.discount.saturating_sub(share.discount);
        left.net = left.net.saturating_sub(share.net);
        left.tax = left.tax.saturating_sub(share.tax);
        let rest = [left.discount, left.net, left.tax];
        if rest.iter().any(|minor| *minor < 0) {
            return Err(format!(
                "more has left {sku} than its line had: {rest:?} is left over"
            ));
        }
        if left.units == 0 && rest != [0, 0, 0] {
            return Err(format!(
                "all units of {sku} have left, and {rest:?} of its amounts has not"
            ));
        }
        Ok(())
    }

    fn ship(&mut self, share: &LineShare) {
        if let Some(line) = self.line_of(share) {
            line.away.add(share);
        }
    }

    /// The charge for shipping is earned once at most.
    fn earn(&mut self, shipping: i64) -> Result<(), String> {
        self.shipping_earned = self.shipping_earned.saturating_add(shipping);
        if (0..=self.shipping).contains(&self.shipping_earned) {
            return Ok(());
        }
        Err(format!(
            "{} of shipping is earned; {} was charged",
            self.shipping_earned, self.shipping
        ))
    }

    /// Units too many are for rule 3 to say.
    fn give_back(&mut self, share: &LineShare) -> Result<(), String> {
        let Some(line) = self.line_of(share) else {
            return Ok(());
        };
        line.away.take(share);
        let Parts {
            units,
            discount,
            net,
            tax,
        } = line.away;
        let rest = [discount, net, tax];
        let is_off = rest.iter().any(|minor| *minor < 0) || (units == 0 && rest != [0, 0, 0]);
        if !is_off {
            return Ok(());
        }
        let sku = &share.sku;
        Err(format!(
            "{units} units of {sku} are away, and {rest:?} of what they left with"
        ))
    }

    fn line_of(&mut self, share: &LineShare) -> Option<&mut LineLeft> {
        let mut lines = self.lines.iter_mut();
        lines.find(|line| line.line_id == share.line_id)
    }
}
