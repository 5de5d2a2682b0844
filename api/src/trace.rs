//! The trace that a request belongs to (W3C Trace Context): the caller's, or a new one.

use http::HeaderMap;
use http::request::Parts;
use uuid::Uuid;

/// The trace of one request, with a span of our own in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// 32 hex digits, the same from end to end.
    pub trace_id: String,
    /// The header's value for what this request causes; recorded beside its events.
    pub traceparent: String,
}

impl Trace {
    /// Continues the trace of `traceparent`, or begins one when there is none that makes sense.
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get("traceparent").and_then(|it| it.to_str().ok());
        match given.and_then(parse) {
            Some((trace_id, flags)) => Self::within(trace_id, flags),
            None => Self::within(&Uuid::now_v7().simple().to_string(), "00"),
        }
    }

    /// The trace that the outermost layer found for this request.
    pub fn of_request(parts: &Parts) -> Self {
        let known = parts.extensions.get::<Self>().cloned();
        known.unwrap_or_else(|| Self::of(&parts.headers))
    }

    fn within(trace_id: &str, flags: &str) -> Self {
        // The second half of a UUIDv7 is random.
        let random = Uuid::now_v7().simple().to_string();
        let span_id = random.get(16..).unwrap_or_default();
        Self {
            trace_id: trace_id.to_owned(),
            traceparent: format!("00-{trace_id}-{span_id}-{flags}"),
        }
    }
}

/// The trace id and flags of a well-formed header: `00-{32 hex}-{16 hex}-{2 hex}`, ids not all zero.
fn parse(header: &str) -> Option<(&str, &str)> {
    let mut parts = header.trim().split('-');
    let (version, trace_id) = (parts.next()?, parts.next()?);
    let (parent_id, flags) = (parts.next()?, parts.next()?);
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_id = |text: &str, length| is_hex(text, length) && text.bytes().any(|b| b != b'0');
    let known =
        is_hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    (known && is_id(trace_id, 32) && is_id(parent_id, 16) && is_hex(flags, 2))
        .then_some((trace_id, flags))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(header: &str) -> Trace {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", header.parse().unwrap());
        Trace::of(&headers)
    }

    #[test]
    fn a_callers_trace_is_continued_in_a_span_of_our_own() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let parent = "00f067aa0ba902b7";
        let continued = trace(&format!("00-{id}-{parent}-01"));
        assert_eq!(continued.trace_id, id);
        assert!(continued.traceparent.starts_with(&format!("00-{id}-")));
        assert!(continued.traceparent.ends_with("-01"));
        assert!(!continued.traceparent.contains(parent));
        assert!(parse(&continued.traceparent).is_some());
    }

    #[test]
    fn what_makes_no_sense_begins_a_new_trace() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        for header in [
            "",
            "nonsense",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            let new = trace(header);
            assert_ne!(new.trace_id, id, "{header}");
            assert!(parse(&new.traceparent).is_some(), "{header}");
        }
    }
}
