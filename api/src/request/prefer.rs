//! The header `Prefer` (RFC 7240), of which one preference is honoured: `wait`.
//!
//! A preference is a wish: what is not known or not readable here is passed over, as the RFC asks, and what was done
//! is told by `Preference-Applied`.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use http::request::Parts;

/// What the client would like.
const PREFER: HeaderName = HeaderName::from_static("prefer");
/// What of it was done.
pub const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Longest wait, in seconds: well below what a request may take altogether.
const WAIT_SECONDS_MAX: u64 = 30;

/// What the client would like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefer {
    wait_seconds: Option<u64>,
}

/// How long the client would like to wait for an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    seconds: u64,
}

impl Prefer {
    /// How long the client would like to wait, if it said so.
    pub fn wait(self) -> Option<Wait> {
        self.wait_seconds.map(|seconds| Wait { seconds })
    }

    fn of(headers: &HeaderMap) -> Self {
        let given = headers.get_all(PREFER);
        let texts = given.iter().filter_map(|value| value.to_str().ok());
        // The first one counts (RFC 7240, 2).
        let wait = texts.flat_map(preferences).find_map(seconds_of_wait);
        Self {
            wait_seconds: wait.map(|seconds| seconds.min(WAIT_SECONDS_MAX)),
        }
    }
}

impl Wait {
    /// As a duration.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// For `Preference-Applied`.
    pub fn applied(self) -> HeaderValue {
        HeaderValue::try_from(format!("wait={}", self.seconds))
            .unwrap_or(HeaderValue::from_static("wait"))
    }
}

/// The preferences of a header, split at commas outside of quotes.
fn preferences(header: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    header.split(move |letter| {
        is_quoted ^= letter == '"';
        letter == ',' && !is_quoted
    })
}

/// The value of `wait=…`, parameters behind it left aside.
fn seconds_of_wait(preference: &str) -> Option<u64> {
    let (name, value) = preference.split(';').next()?.split_once('=')?;
    let value = value.trim().trim_matches('"');
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || !name.trim().eq_ignore_ascii_case("wait") {
        return None;
    }
    // More digits than fit are more than is waited anyway.
    Some(value.parse().unwrap_or(u64::MAX))
}

impl<S: Sync> FromRequestParts<S> for Prefer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(headers: &[&str]) -> Option<u64> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(PREFER, HeaderValue::from_str(header).unwrap());
        }
        Prefer::of(&map).wait_seconds
    }

    #[test]
    fn the_wait_is_found_among_other_wishes() {
        for headers in [
            &["wait=5"][..],
            &["Wait = \"5\""],
            &["respond-async, wait=5"],
            &["return=minimal; foo=\"a, wait=9\", wait=5; bar"],
            &["handling=lenient", "wait=5", "wait=9"],
            &["wait=soon, wait=5"],
        ] {
            assert_eq!(wait(headers), Some(5), "{headers:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_wish() {
        for header in [
            "",
            "wait",
            "wait=",
            "wait=-1",
            "wait=1.5",
            "waiting=5",
            "x=\"wait=5\"",
        ] {
            assert_eq!(wait(&[header]), None, "{header}");
        }
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn no_wait_is_longer_than_the_limit_and_the_answer_says_so() {
        assert_eq!(wait(&["wait=31"]), Some(WAIT_SECONDS_MAX));
        assert_eq!(
            wait(&["wait=99999999999999999999999"]),
            Some(WAIT_SECONDS_MAX)
        );
        assert_eq!(wait(&["wait=0"]), Some(0));
        assert_eq!(Wait { seconds: 30 }.applied(), "wait=30");
    }
}
