//! The headers of Daybook's own: keys, versions and positions.

use http::header::{HeaderName, HeaderValue, IF_MATCH};
use http::request::Parts;
use http::{HeaderMap, Method};

use crate::problem::{Code, Problem};

/// The name under which a request takes effect at most once.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The position that a query table must have reached.
pub const MIN_POSITION: HeaderName = HeaderName::from_static("daybook-min-position");

/// Longest idempotency key, in characters.
const KEY_CHARS_MAX: usize = 255;

/// The request's idempotency key. A POST must have one; another method may.
pub fn idempotency_key(parts: &Parts) -> Result<Option<&str>, Problem> {
    let refused = |detail: String| Err(Problem::new(Code::IdempotencyKeyMissing, detail));
    let Some(value) = single(&parts.headers, &IDEMPOTENCY_KEY)? else {
        if parts.method != Method::POST {
            return Ok(None);
        }
        return refused(
            "a POST needs the header Idempotency-Key, for example a random UUID".to_owned(),
        );
    };
    match value.to_str() {
        Ok(key) if is_key(key) => Ok(Some(key)),
        _ => refused(format!(
            "the Idempotency-Key must be 1 to {KEY_CHARS_MAX} visible ASCII characters"
        )),
    }
}

fn is_key(key: &str) -> bool {
    (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The version that the thing must have. A PATCH must name one (or `*`); another method may.
pub fn expected_version(parts: &Parts) -> Result<Option<u64>, Problem> {
    let Some(value) = single(&parts.headers, &IF_MATCH)? else {
        if parts.method != Method::PATCH {
            return Ok(None);
        }
        return Err(Problem::new(
            Code::IfMatchRequired,
            "an edit needs the header If-Match with the ETag of what was read, for example \"v17\"",
        ));
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.strip_prefix("\"v").and_then(|it| it.strip_suffix('"'));
    match version.map(version_of_etag) {
        Some(Some(version)) => Ok(Some(version)),
        _ => Err(malformed(
            "If-Match",
            "If-Match must be one ETag as it was read, for example \"v17\" with its quotes",
        )),
    }
}

/// The stream's version in `17` or `17.3`. What another stream added to what was read (the `.3`) is nothing that an edit
/// could overwrite.
fn version_of_etag(text: &str) -> Option<u64> {
    match text.split_once('.') {
        None => number(text),
        Some((version, beside)) => number(beside).and_then(|_| number(version)),
    }
}

/// The position that the answer must at least show.
pub fn min_position(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = single(headers, &MIN_POSITION)? else {
        return Ok(None);
    };
    match value.to_str().ok().and_then(number) {
        Some(position) => Ok(Some(position)),
        None => Err(malformed(
            "Daybook-Min-Position",
            "Daybook-Min-Position must be a position as a receipt names it, for example 1042",
        )),
    }
}

/// A whole number, digits only, as large as Postgres counts.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = digits.then(|| text.parse().ok())??;
    i64::try_from(number).is_ok().then_some(number)
}

fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a HeaderValue>, Problem> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (first, None) => Ok(first),
        _ => Err(malformed(
            name.as_str(),
            &format!("the header {name} was sent several times; send it once"),
        )),
    }
}

fn malformed(header: &str, detail: &str) -> Problem {
    Problem::at(
        Code::MalformedRequest,
        format!("header:{header}"),
        "invalid-header",
        detail,
    )
}

/// Whether a client that sent `If-None-Match` has the version that this `ETag` names.
pub fn has_already(if_none_match: &str, etag: &str) -> bool {
    if_none_match
        .split(',')
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == etag || one == "*")
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(method: Method, header: Option<(&str, &str)>) -> Parts {
        let mut request = Request::builder().method(method);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_post_needs_a_key_and_others_may_have_one() {
        let key = |method, value: Option<&str>| {
            let parts = parts(method, value.map(|value| ("idempotency-key", value)));
            idempotency_key(&parts).map(|key| key.map(str::to_owned))
        };
        assert_eq!(key(Method::POST, Some("a-1")).unwrap().unwrap(), "a-1");
        assert!(key(Method::PUT, None).unwrap().is_none());
        assert!(key(Method::POST, Some(&"k".repeat(255))).is_ok());
        let too_long = "k".repeat(256);
        for wrong in [
            None,
            Some(""),
            Some("two words"),
            Some("ümlaut"),
            Some(&too_long),
        ] {
            let problem = key(Method::POST, wrong).unwrap_err();
            assert_eq!(problem.code(), Code::IdempotencyKeyMissing, "{wrong:?}");
        }
    }

    #[test]
    fn versions_are_read_as_they_were_given_out() {
        let version = |method, value| expected_version(&parts(method, Some(("if-match", value))));
        assert_eq!(version(Method::PATCH, "\"v17\"").unwrap(), Some(17));
        assert_eq!(version(Method::PATCH, "\"v17.3\"").unwrap(), Some(17));
        assert_eq!(version(Method::PATCH, "*").unwrap(), None);
        assert_eq!(expected_version(&parts(Method::PUT, None)).unwrap(), None);
        let missing = expected_version(&parts(Method::PATCH, None)).unwrap_err();
        assert_eq!(missing.code(), Code::IfMatchRequired);
        for wrong in [
            "v17",
            "17",
            "\"17\"",
            "W/\"v17\"",
            "\"v17\", \"v18\"",
            "\"v-1\"",
            "\"v\"",
            "\"v17.\"",
            "\"v.3\"",
            "\"v17.3.1\"",
            "",
        ] {
            let problem = version(Method::PUT, wrong).unwrap_err();
            assert_eq!(problem.code(), Code::MalformedRequest, "{wrong}");
        }
    }

    #[test]
    fn a_position_is_a_number_that_postgres_can_count_to() {
        let position = |value| {
            min_position(&parts(Method::GET, Some(("daybook-min-position", value))).headers)
        };
        assert_eq!(position("1042").unwrap(), Some(1_042));
        for wrong in ["-1", "+1", "1.0", "", "18446744073709551615"] {
            assert!(position(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn known_versions_need_not_be_sent_again() {
        assert!(has_already("\"v1\", W/\"v2\"", "\"v2\""));
        assert!(has_already("*", "\"v2\""));
        assert!(!has_already("\"v1\"", "\"v2\""));
    }
}
