//! How events of older versions are read.

use cqrs_es::persist::EventUpcaster;

/// The upcasters that every reader runs, oldest first. Empty today: every event is at version 1.
///
/// To change the shape of an event that was released:
///
/// 1. change the enum in `{aggregate}/event.rs` and raise the kind's version in its list there;
/// 2. add here what turns the older payload into the newer one. The payload is the whole value,
///    the outer name included:
///
///    ```
///    use cqrs_es::persist::SemanticVersionEventUpcaster;
///
///    SemanticVersionEventUpcaster::new(
///        "OrderNoteAdded",
///        "2",
///        Box::new(|mut payload| {
///            if let Some(fields) = payload.get_mut("OrderNoteAdded") {
///                fields["visibility"] = "staff".into();
///            }
///            payload
///        }),
///    );
///    ```
/// 3. keep `golden/{aggregate}/{Event}.v1.json` and add `{Event}.v2.json`: a golden file of a
///    released version is never changed, and the tests read it for ever;
/// 4. keep `schemas/{aggregate}/{Event}.v1.json` likewise, and have `{Event}.v2.json` written:
///    `UPDATE_SCHEMAS=1 cargo test -p domain schemas`.
///
/// A field that is merely added needs only the last command: give it `#[serde(default)]`, and commit
/// the schema of the same version with it.
#[must_use]
pub fn upcasters() -> Vec<Box<dyn EventUpcaster>> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use cqrs_es::persist::{EventUpcaster, SemanticVersionEventUpcaster, SerializedEvent};
    use serde_json::json;

    /// What step 2 above makes, run as every reader runs it.
    #[test]
    fn a_sample_upcaster_turns_version_1_into_version_2() {
        let upcaster = SemanticVersionEventUpcaster::new(
            "OrderNoteAdded",
            "2",
            Box::new(|mut payload| {
                payload["OrderNoteAdded"]["visibility"] = "staff".into();
                payload
            }),
        );
        assert!(upcaster.can_upcast("OrderNoteAdded", "1"));
        assert!(!upcaster.can_upcast("OrderNoteAdded", "2.0.0"));
        assert!(!upcaster.can_upcast("OrderPlaced", "1"));
        let recorded = SerializedEvent::new(
            "id".into(),
            1,
            "order".into(),
            "OrderNoteAdded".into(),
            "1".into(),
            json!({"OrderNoteAdded": {"note": "Called."}}),
            json!({}),
        );
        let read = upcaster.upcast(recorded);
        let expected = json!({"OrderNoteAdded": {"note": "Called.", "visibility": "staff"}});
        assert_eq!(read.payload, expected);
        // What cqrs-es makes of the version: compare versions by meaning, not as texts.
        assert_eq!(read.event_version, "2.0.0");
    }

    #[test]
    fn no_upcaster_meddles_with_current_versions() {
        for kind in crate::CATALOG {
            for upcaster in super::upcasters() {
                assert!(
                    !upcaster.can_upcast(kind.event_type, kind.version),
                    "{kind:?}"
                );
            }
        }
    }
}
