//! `POST /v1/payments/{id}/captures`: take money that is held; without `amount` as much as is due.

use axum::extract::State;
use commands::payment::ByHand;
use domain::value::{CaptureId, PaymentId};
use serde::Deserialize;

use super::recorded;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, MoneyBody, Object, Place, Write};

/// How much; as much as is due if not said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    amount: Option<Object<MoneyBody>>,
}

/// Captures a payment.
pub async fn capture(
    State(api): State<Api>,
    Place(id): Place<PaymentId>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let capture_id = CaptureId(write.derived_id(id.0));
    let mut faults = Faults::default();
    let amount = match write.body.amount {
        None => Some(None),
        Some(Object(money)) => money.money("/amount", &mut faults).map(Some),
    };
    let command = ByHand::Capture {
        capture_id,
        amount: faults.finish(amount)?,
    };
    let receipt = api.commands()?.by_hand(id, command, write.context).await?;
    Ok(recorded(receipt, id).with("capture_id", capture_id))
}
