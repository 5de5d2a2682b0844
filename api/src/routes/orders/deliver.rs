//! `POST /v1/orders/{id}/shipments/{shipment_id}/delivery`: a shipment has arrived.

use axum::extract::State;
use domain::order::OrderCommand;
use domain::value::{OrderId, ShipmentId, Timestamp};
use serde::Deserialize;

use super::recorded;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, Place, Write};

/// When; now if not said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    delivered_at: Option<Given<Timestamp>>,
}

/// Records a delivery.
pub async fn deliver(
    State(api): State<Api>,
    Place((id, shipment_id)): Place<(OrderId, ShipmentId)>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let mut faults = Faults::default();
    let delivered_at = faults.take_optional("/delivered_at", write.body.delivered_at);
    let command = OrderCommand::RecordDelivery {
        shipment_id,
        delivered_at: faults.finish(delivered_at)?,
    };
    let receipt = api.commands()?.order(id, command, write.context).await?;
    Ok(recorded(receipt, id))
}
