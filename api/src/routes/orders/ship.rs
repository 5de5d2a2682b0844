//! `POST /v1/orders/{id}/shipments`: units leave; without `lines` all that are open.

use axum::extract::State;
use commands::order::OrderingCommand;
use domain::ordering::ShipLines;
use domain::value::{OrderId, ShipmentId, Text};
use serde::Deserialize;

use super::lines::{LineBody, quantities};
use super::recorded;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, Object, Place, Write};

/// What leaves, and how.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    shipment_id: Option<Given<ShipmentId>>,
    #[serde(default)]
    lines: Vec<Object<LineBody>>,
    carrier: Option<Given<Text>>,
    tracking: Option<Given<Text>>,
}

/// Ships lines of an order.
pub async fn ship(
    State(api): State<Api>,
    Place(id): Place<OrderId>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let new = ShipmentId(write.derived_id(id.0));
    let ship = write.body.shipment(new)?;
    let shipment_id = ship.shipment_id;
    let command = OrderingCommand::Ship(ship);
    let receipt = api.commands()?.ordering(id, command, write.context).await?;
    Ok(recorded(receipt, id).with("shipment_id", shipment_id))
}

impl Body {
    fn shipment(self, new: ShipmentId) -> Result<ShipLines, Problem> {
        let mut faults = Faults::default();
        let shipment_id = faults.take_optional("/shipment_id", self.shipment_id);
        let lines = quantities(self.lines, &mut faults);
        let carrier = faults.take_optional("/carrier", self.carrier);
        let tracking = faults.take_optional("/tracking", self.tracking);
        let build = || {
            Some(ShipLines {
                shipment_id: shipment_id?.unwrap_or(new),
                lines: lines?,
                carrier: carrier?,
                tracking: tracking?,
            })
        };
        faults.finish(build())
    }
}
