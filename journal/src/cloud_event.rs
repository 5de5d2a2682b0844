//! A recorded event on the wire: a CloudEvents 1.0 object (JSON format), in REST and exports,
//! and its attributes as Kafka headers.

use serde_json::value::RawValue;
use time::format_description::well_known::Rfc3339;

use crate::RecordedEvent;

/// Where the events come from.
const SOURCE: &str = "/daybook/journal";

impl RecordedEvent {
    /// The CloudEvents type: `daybook.order.lines-cancelled.v1` for `OrderLinesCancelled`.
    ///
    /// The aggregate's own name is not said twice.
    pub fn cloud_event_type(&self) -> String {
        let kind = &*self.stream.aggregate_type;
        let name = kebab(&self.event_type);
        let name = name
            .strip_prefix(kind)
            .and_then(|rest| rest.strip_prefix('-'))
            .unwrap_or(&name);
        format!("daybook.{kind}.{name}.v{}", self.event_version)
    }

    /// The CloudEvents attributes other than `specversion` and `data`, extensions included.
    /// The stored payload is `data`, byte for byte.
    pub fn cloud_event_attributes(&self) -> Vec<(&'static str, String)> {
        let metadata = self.metadata();
        let mut attributes = vec![
            ("id", metadata.event_id),
            ("source", SOURCE.to_owned()),
            ("type", self.cloud_event_type()),
            ("subject", self.stream.to_string()),
            (
                "time",
                self.recorded_at.format(&Rfc3339).unwrap_or_default(),
            ),
            ("datacontenttype", "application/json".to_owned()),
            ("position", self.position.to_string()),
            ("sequence", self.sequence.to_string()),
            ("correlationid", metadata.correlation_id),
            ("causationid", metadata.causation_id),
            ("actor", metadata.actor),
            ("command", metadata.command),
            ("commandid", metadata.command_id),
            ("occurredat", metadata.occurred_at),
            ("traceparent", metadata.traceparent),
        ];
        attributes.retain(|(_, value)| !value.is_empty());
        attributes
    }

    /// The event as a CloudEvents JSON object. `position` and `sequence` are numbers.
    pub fn to_cloud_event(&self) -> String {
        let mut object = String::with_capacity(self.payload.len() + 640);
        object.push_str(r#"{"specversion":"1.0""#);
        for (name, value) in self.cloud_event_attributes() {
            object.push_str(",\"");
            object.push_str(name);
            object.push_str("\":");
            match name {
                "position" | "sequence" => object.push_str(&value),
                _ => object.push_str(&serde_json::to_string(&value).unwrap_or_default()),
            }
        }
        object.push_str(",\"data\":");
        // Stored payloads are JSON; one damaged by hand must not break the whole answer.
        let valid = serde_json::from_str::<&RawValue>(&self.payload).is_ok();
        object.push_str(if valid { &self.payload } else { "null" });
        object.push('}');
        object
    }
}

/// `OrderLinesCancelled` as `order-lines-cancelled`.
fn kebab(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::StreamId;

    fn event(kind: &str, event_type: &str) -> RecordedEvent {
        RecordedEvent {
            position: 7,
            recorded_at: OffsetDateTime::UNIX_EPOCH,
            stream: StreamId::new(kind, "1"),
            sequence: 2,
            event_type: event_type.to_owned(),
            event_version: "1".to_owned(),
            payload: r#"{"a": 1}"#.to_owned(),
            metadata: r#"{"event_id":"e","actor":"o\"k"}"#.to_owned(),
        }
    }

    #[test]
    fn types_do_not_stutter() {
        assert_eq!(
            event("order", "OrderLinesCancelled").cloud_event_type(),
            "daybook.order.lines-cancelled.v1"
        );
        assert_eq!(
            event("stock", "ReservationCommitted").cloud_event_type(),
            "daybook.stock.reservation-committed.v1"
        );
        assert_eq!(
            event("order", "ShipmentDelivered").cloud_event_type(),
            "daybook.order.shipment-delivered.v1"
        );
    }

    #[test]
    fn the_object_is_json_and_keeps_the_payload() {
        let text = event("order", "OrderPlaced").to_cloud_event();
        let object: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(object["position"], 7);
        assert_eq!(object["actor"], "o\"k");
        assert!(text.ends_with(r#""data":{"a": 1}}"#));
    }
}
