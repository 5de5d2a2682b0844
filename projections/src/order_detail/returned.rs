//! An order's returns.

use domain::order::{OrderEvent, ReturnLine, ReturnStatus};
use domain::value::{Currency, LineId, Money, ReturnId, Sku, Text, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Return {
    pub id: ReturnId,
    status: ReturnStatus,
    requested_at: Timestamp,
    closed_at: Option<Timestamp>,
    /// Why the units come back.
    reason: Option<Text>,
    /// Why they may not, or did not.
    decline_reason: Option<Text>,
    lines: Vec<Returned>,
    /// What those that came back carried of net and tax.
    net: Money,
    tax: Money,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Returned {
    line_id: LineId,
    sku: Sku,
    /// Units announced.
    quantity: u32,
    /// Units that came.
    received: u32,
}

impl Return {
    /// How many units of which lines were announced.
    pub fn announced(&self) -> Vec<(LineId, u32)> {
        let announced = |line: &Returned| (line.line_id, line.quantity);
        self.lines.iter().map(announced).collect()
    }
}

/// Takes into account what an event says of a return.
pub(super) fn take(
    returns: &mut Vec<Return>,
    currency: Currency,
    event: &OrderEvent,
    at: Timestamp,
) {
    match event {
        OrderEvent::ReturnRequested {
            return_id,
            lines,
            reason,
        } => returns.push(Return {
            id: *return_id,
            status: ReturnStatus::Requested,
            requested_at: at,
            closed_at: None,
            reason: reason.clone(),
            decline_reason: None,
            lines: lines.iter().map(announced).collect(),
            net: Money::zero(currency),
            tax: Money::zero(currency),
        }),
        OrderEvent::ReturnReceived { return_id, lines } => {
            let Some(known) = returns.iter_mut().find(|known| known.id == *return_id) else {
                return;
            };
            (known.status, known.closed_at) = (ReturnStatus::Received, Some(at));
            for share in lines {
                known.net.minor = known.net.minor.saturating_add(share.net);
                known.tax.minor = known.tax.minor.saturating_add(share.tax);
                let mut own = known.lines.iter_mut();
                if let Some(line) = own.find(|line| line.line_id == share.line_id) {
                    line.received = line.received.saturating_add(share.quantity.get());
                }
            }
        }
        OrderEvent::ReturnDeclined { return_id, reason } => {
            if let Some(known) = returns.iter_mut().find(|known| known.id == *return_id) {
                (known.status, known.closed_at) = (ReturnStatus::Declined, Some(at));
                known.decline_reason.clone_from(reason);
            }
        }
        _ => {}
    }
}

fn announced(line: &ReturnLine) -> Returned {
    Returned {
        line_id: line.line_id,
        sku: line.sku.clone(),
        quantity: line.quantity.get(),
        received: 0,
    }
}
