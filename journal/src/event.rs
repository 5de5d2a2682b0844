//! An event before and after it is recorded.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Position, Sequence, StreamId};

/// An event on its way into the journal.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The stream that it belongs to.
    pub stream: StreamId,
    /// Its number in the stream: one more than the version that the command was decided on.
    pub sequence: Sequence,
    /// What happened, in the past tense: `OrderPlaced`.
    pub event_type: String,
    /// The version of the payload's shape.
    pub event_version: String,
    /// JSON, kept byte for byte.
    pub payload: String,
    /// JSON of [`Metadata`].
    pub metadata: String,
}

impl NewEvent {
    /// The event as it was recorded.
    pub(crate) fn recorded(self, position: Position, recorded_at: OffsetDateTime) -> RecordedEvent {
        RecordedEvent {
            position,
            recorded_at,
            stream: self.stream,
            sequence: self.sequence,
            event_type: self.event_type,
            event_version: self.event_version,
            payload: self.payload,
            metadata: self.metadata,
        }
    }
}

/// Who, by which command, and why: recorded beside every event.
///
/// A flat object of strings, as cqrs-es keeps metadata, so that its stores read ours. Fields
/// unknown here (an imported journal's) are kept in the stored text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// UUIDv7 of the event.
    pub event_id: String,
    /// Id of the command; all events of one command share it and have consecutive positions.
    pub command_id: String,
    /// Name of the command: `PlaceOrder`.
    pub command: String,
    /// What belongs together from end to end: the first command's id.
    pub correlation_id: String,
    /// The event that led to the command, where one did.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub causation_id: String,
    /// Who: `service:token`, `customer:…`.
    pub actor: String,
    /// W3C trace context of the request.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub traceparent: String,
    /// The version of Daybook that decided.
    pub service_version: String,
    /// When the actor says that it happened (RFC 3339); `recorded_at` says when it was recorded.
    pub occurred_at: String,
    /// SHA-256 of the request's body, hex: tells a repeated request from a reused key.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_hash: String,
}

/// What stands before the event's id in the JSON text: it is the first field.
const BEFORE_THE_ID: &str = r#"{"event_id":""#;

/// A command's metadata, rendered once for all of its events.
pub struct MetadataTemplate {
    /// What follows the event's id in the JSON text.
    rest: String,
}

impl Metadata {
    /// The metadata that a command's events share; its `event_id` is not used.
    pub fn template(mut self) -> MetadataTemplate {
        self.event_id.clear();
        // A struct of strings has no way to fail.
        let mut rest = serde_json::to_string(&self).unwrap_or_default();
        debug_assert!(rest.starts_with(BEFORE_THE_ID));
        rest.drain(..BEFORE_THE_ID.len().min(rest.len()));
        MetadataTemplate { rest }
    }
}

impl MetadataTemplate {
    /// The stored text for the event with this id.
    pub fn for_event(&self, event_id: Uuid) -> String {
        let mut id = Uuid::encode_buffer();
        [
            BEFORE_THE_ID,
            event_id.as_hyphenated().encode_lower(&mut id),
            &self.rest,
        ]
        .concat()
    }
}

/// An event as the journal holds it. The payload has been upcast to the current version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its number in the journal.
    pub position: Position,
    /// When the journal recorded it, by the database's clock. Never used for order.
    pub recorded_at: OffsetDateTime,
    /// The stream that it belongs to.
    pub stream: StreamId,
    /// Its number in the stream.
    pub sequence: Sequence,
    /// What happened: `OrderPlaced`.
    pub event_type: String,
    /// The version of the payload's shape.
    pub event_version: String,
    /// JSON.
    pub payload: String,
    /// JSON of [`Metadata`], as stored.
    pub metadata: String,
}

impl RecordedEvent {
    /// The metadata, with empty fields where the stored text has none.
    pub fn metadata(&self) -> Metadata {
        serde_json::from_str(&self.metadata).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_renders_what_serde_would() {
        let event_id = Uuid::from_u128(7);
        let metadata = Metadata {
            event_id: event_id.to_string(),
            command: "Do\"It".into(),
            ..Metadata::default()
        };
        assert_eq!(
            metadata.clone().template().for_event(event_id),
            serde_json::to_string(&metadata).unwrap()
        );
    }
}
