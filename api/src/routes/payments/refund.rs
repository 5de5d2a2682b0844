//! `POST /v1/payments/{id}/refunds`: give captured money back.
//!
//! Out of kindness unless another reason is given. What is given back because units came back or were cancelled is
//! bounded by what they carried and was not given back yet, by this route or by the shop itself. Who may not refund any
//! amount has a limit for each refund.

use axum::extract::State;
use commands::payment::ByHand;
use domain::ordering::RefundWish;
use domain::payment::RefundReason;
use domain::policy::Operation;
use domain::value::{Money, PaymentId, RefundId, Text};
use serde::Deserialize;

use super::recorded;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, MoneyBody, Object, Place, Write};
use crate::routes::orders::{LineBody, quantities};

/// How much, why, and for which units.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    amount: Object<MoneyBody>,
    reason: Option<RefundReason>,
    #[serde(default)]
    lines: Vec<Object<LineBody>>,
    note: Option<Given<Text>>,
}

/// Refunds a payment.
pub async fn refund(
    State(api): State<Api>,
    Place(id): Place<PaymentId>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let refund_id = RefundId(write.derived_id(id.0));
    let wish = write.body.wish(refund_id)?;
    if is_above(wish.amount, api.options().support_refund_max) {
        write.allowed.require(Operation::RefundAnyAmount)?;
    }
    let command = ByHand::Refund(wish);
    let receipt = api.commands()?.by_hand(id, command, write.context).await?;
    Ok(recorded(receipt, id).with("refund_id", refund_id))
}

/// Whether `amount` is more than so many whole units of its currency.
fn is_above(amount: Money, whole_units: u32) -> bool {
    let minor_per_unit = 10_i64.pow(amount.currency.exponent());
    amount.minor > i64::from(whole_units) * minor_per_unit
}

impl Body {
    fn wish(self, refund_id: RefundId) -> Result<RefundWish, Problem> {
        let mut faults = Faults::default();
        let amount = self.amount.0.money("/amount", &mut faults);
        let lines = quantities(self.lines, &mut faults);
        let note = faults.take_optional("/note", self.note);
        let build = || {
            Some(RefundWish {
                refund_id,
                amount: amount?,
                reason: self.reason.unwrap_or(RefundReason::Goodwill),
                lines: lines?,
                note: note?,
            })
        };
        faults.finish(build())
    }
}

#[cfg(test)]
mod tests {
    use domain::value::Currency;

    use super::*;

    #[test]
    fn the_limit_is_in_whole_units_of_any_currency() {
        for (currency, at_most) in [
            (Currency::EUR, 10_000),
            (Currency::JPY, 100),
            (Currency::KWD, 100_000),
        ] {
            assert!(!is_above(Money::new(at_most, currency), 100));
            assert!(is_above(Money::new(at_most + 1, currency), 100));
        }
    }
}
