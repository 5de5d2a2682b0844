//! Upcasters: how events of earlier versions are read, in every reader, replay included.

use cqrs_es::persist::{EventUpcaster, SerializedEvent};

use crate::{JournalError, RecordedEvent};

/// The upcasters of all events, applied in their order until none applies.
#[derive(Default)]
pub struct Upcasters(Vec<Box<dyn EventUpcaster>>);

impl Upcasters {
    /// Upcasters in the order of the versions that they lead from.
    pub fn new(upcasters: Vec<Box<dyn EventUpcaster>>) -> Self {
        Self(upcasters)
    }

    /// Whether any upcaster is concerned with this kind.
    pub(crate) fn concerns(&self, event_type: &str, event_version: &str) -> bool {
        self.0
            .iter()
            .any(|upcaster| upcaster.can_upcast(event_type, event_version))
    }

    /// The version that a stored (type, version) is read as.
    pub(crate) fn leads_to(&self, event_type: &str, event_version: &str) -> Option<String> {
        if !self.concerns(event_type, event_version) {
            return Some(event_version.to_owned());
        }
        let mut version = event_version.to_owned();
        for upcaster in &self.0 {
            if upcaster.can_upcast(event_type, &version) {
                // An upcaster names its version only by doing its work; a payload that it cannot
                // digest must not take the server down at start.
                let probe = probe(event_type, &version);
                let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    upcaster.upcast(probe)
                }));
                version = outcome.ok()?.event_version;
            }
        }
        Some(version)
    }

    /// Brings an event to its current version. Events that already are pass untouched.
    pub fn upcast(&self, event: RecordedEvent) -> Result<RecordedEvent, JournalError> {
        if !self.concerns(&event.event_type, &event.event_version) {
            return Ok(event);
        }
        let corrupt = |reason: String| JournalError::Corrupt {
            stream: event.stream.clone(),
            reason,
        };
        let mut serialized = SerializedEvent::new(
            event.stream.aggregate_id.to_string(),
            event.sequence as usize,
            event.stream.aggregate_type.to_string(),
            event.event_type.clone(),
            event.event_version.clone(),
            serde_json::from_str(&event.payload).map_err(|error| corrupt(error.to_string()))?,
            serde_json::Value::Null,
        );
        for upcaster in &self.0 {
            if upcaster.can_upcast(&serialized.event_type, &serialized.event_version) {
                serialized = upcaster.upcast(serialized);
            }
        }
        Ok(RecordedEvent {
            event_type: serialized.event_type,
            event_version: serialized.event_version,
            payload: serialized.payload.to_string(),
            ..event
        })
    }
}

fn probe(event_type: &str, version: &str) -> SerializedEvent {
    let payload = serde_json::json!({ event_type: {} });
    SerializedEvent::new(
        String::new(),
        1,
        String::new(),
        event_type.to_owned(),
        version.to_owned(),
        payload,
        serde_json::Value::Null,
    )
}
