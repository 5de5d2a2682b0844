//! Reading JSON strictly: what does not fit is named with a JSON pointer.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_path_to_error::{Path, Segment};

use crate::problem::{Code, Problem};

/// An object, and nothing else: left to itself, serde reads a struct from an array as well.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        input.deserialize_map(Fields(PhantomData))
    }
}

/// Reads an object. No bytes at all are an empty one: a command without arguments needs no body.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    let mut input = serde_json::Deserializer::from_slice(bytes);
    let Object(read) = serde_path_to_error::deserialize::<_, Object<T>>(&mut input)
        .map_err(|error| malformed(pointer(error.path()), error.inner()))?;
    input
        .end()
        .map_err(|error| malformed(String::new(), &error))?;
    Ok(read)
}

fn malformed(pointer: String, error: &serde_json::Error) -> Problem {
    let fault = if error.is_data() {
        "unexpected"
    } else {
        "not-json"
    };
    let at = match pointer.as_str() {
        "" => String::new(),
        pointer => format!(" at {pointer}"),
    };
    let says = error
        .to_string()
        .replace("expected i64", "expected a whole number");
    let detail = format!("the body cannot be read{at}: {says}");
    Problem::at(Code::MalformedRequest, pointer, fault, detail)
}

/// A JSON pointer (RFC 6901) to where reading stopped.
fn pointer(path: &Path) -> String {
    path.iter()
        .fold(String::new(), |pointer, segment| match segment {
            Segment::Seq { index } => format!("{pointer}/{index}"),
            Segment::Map { key } => format!("{pointer}/{}", escaped(key)),
            Segment::Enum { .. } | Segment::Unknown => pointer,
        })
}

/// A name as a part of a JSON pointer.
pub fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read into")]
    struct Order {
        currency: String,
        #[serde(default)]
        lines: Vec<Object<Line>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read into")]
    struct Line {
        sku: String,
        quantity: i64,
    }

    fn refusal(body: &str) -> (String, String) {
        let problem = parse::<Order>(body.as_bytes()).unwrap_err();
        assert_eq!(problem.code(), Code::MalformedRequest);
        let error = &problem.errors()[0];
        (error.pointer.clone(), error.detail.clone())
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (body, pointer, says) in [
            ("{", "", "EOF"),
            ("[]", "", "expected an object"),
            ("", "", "missing field `currency`"),
            ("{\"currency\":\"USD\"} x", "", "trailing characters"),
            (r#"{"currency":1}"#, "/currency", "expected a string"),
            (
                r#"{"currency":"USD","colour":"red"}"#,
                "/colour",
                "unknown field `colour`",
            ),
            (
                r#"{"currency":"USD","currency":"EUR"}"#,
                "",
                "duplicate field",
            ),
            (
                r#"{"currency":"USD","lines":[{"sku":"A","quantity":1.5}]}"#,
                "/lines/0/quantity",
                "expected a whole number",
            ),
            (
                r#"{"currency":"USD","lines":[["A",1]]}"#,
                "/lines/0",
                "expected an object",
            ),
        ] {
            let (found, detail) = refusal(body);
            assert_eq!(found, pointer, "{body}: {detail}");
            assert!(detail.contains(says), "{body}: {detail}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        refusal(&"[".repeat(10_000));
        refusal(&format!("{{\"currency\":{}", "[".repeat(10_000)));
    }

    #[test]
    fn names_are_escaped() {
        assert_eq!(escaped("a/b~c"), "a~1b~0c");
    }
}
