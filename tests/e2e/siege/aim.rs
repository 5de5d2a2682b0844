//! Where a route can be hit, and a request that hits it there.

use bytes::Bytes;
use daybook_tests::TOKEN;
use http::Request;
use http::header::{HeaderName, HeaderValue};
use http_body_util::Full;
use serde_json::Value;
use uuid::Uuid;

use crate::corpus::Payload;
use crate::stages::Values;
use crate::targets::Target;
use crate::wire::Ask;

/// Stands in a body where the payload will, until the body is written.
const MARK: &str = "the-payload-goes-here";

/// Headers that mean something to the server or to whatever stands before it.
const HEADERS: [&str; 14] = [
    "idempotency-key",
    "if-match",
    "if-none-match",
    "daybook-min-position",
    "prefer",
    "traceparent",
    "authorization",
    "content-type",
    "accept",
    "origin",
    "x-forwarded-for",
    "user-agent",
    "cookie",
    "host",
];

/// A place that takes hostile text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// The value at this pointer of the body.
    Value(String),
    /// One more name in the object at this pointer.
    Name(String),
    /// A variable part of the path.
    Segment(String),
    /// The value of a query parameter.
    Parameter(&'static str),
    /// The name of one.
    ParameterName,
    /// A header.
    Header(&'static str),
}

/// All places of a route.
pub fn spots(target: &Target) -> Vec<Spot> {
    let mut spots = Vec::new();
    if !target.body.is_empty() {
        // Filled in with anything: only its form matters here.
        let form: Value = serde_json::from_str(target.body).expect("an example body is JSON");
        collect(&form, &mut String::new(), &mut spots);
    }
    for segment in target.path.split('/') {
        if let Some(name) = segment.strip_prefix('{') {
            spots.push(Spot::Segment(name.trim_end_matches('}').to_owned()));
        }
    }
    let parameters = target.parameters.iter();
    spots.extend(parameters.map(|(name, _)| Spot::Parameter(name)));
    if target.method == "GET" {
        spots.push(Spot::ParameterName);
    }
    if target.with_headers {
        spots.extend(HEADERS.map(Spot::Header));
    }
    spots
}

fn collect(value: &Value, pointer: &mut String, spots: &mut Vec<Spot>) {
    let length = pointer.len();
    let mut below = |name: &str, value: &Value, spots: &mut Vec<Spot>| {
        pointer.push('/');
        pointer.push_str(name);
        collect(value, pointer, spots);
        pointer.truncate(length);
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                below(name, value, spots);
            }
            spots.push(Spot::Name(pointer.clone()));
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                below(&at.to_string(), item, spots);
            }
        }
        _ => spots.push(Spot::Value(pointer.clone())),
    }
}

/// The request with the payload in this place; nothing when HTTP itself cannot carry it there.
pub fn ask(
    target: &Target,
    values: &Values,
    trace: &str,
    hit: Option<(&Spot, &Payload)>,
) -> Option<Ask> {
    let address = address(target, values, hit);
    let mut request = Request::builder().method(target.method).uri(address);
    let headers = request.headers_mut()?;
    let mut insert = |name: &'static str, value: &str| {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        );
    };
    insert("host", "daybook.example");
    insert("traceparent", &format!("00-{trace}-00f067aa0ba902b7-00"));
    if !target.is_public {
        let token = values.get("token").unwrap_or(TOKEN);
        insert("authorization", &format!("Bearer {token}"));
    }
    if target.method != "GET" {
        insert("idempotency-key", &Uuid::now_v7().to_string());
        insert(
            "content-type",
            if target.is_form {
                "application/x-www-form-urlencoded"
            } else {
                "application/json"
            },
        );
    }
    if target.method == "PATCH" {
        insert("if-match", "*");
    }
    if let Some((Spot::Header(name), payload)) = hit {
        if payload.is_literal {
            return None;
        }
        let value = HeaderValue::from_bytes(&payload.bytes).ok()?;
        headers.insert(HeaderName::from_static(name), value);
    }
    let body = body(target, values, hit);
    request.body(Full::new(Bytes::from(body))).ok()
}

fn address(target: &Target, values: &Values, hit: Option<(&Spot, &Payload)>) -> String {
    let segment = |segment: &str| {
        let Some(name) = segment.strip_prefix('{') else {
            return segment.to_owned();
        };
        let name = name.trim_end_matches('}');
        match hit {
            Some((Spot::Segment(place), payload)) if place == name => payload.percent(),
            _ => match values.get(name) {
                Some(value) => value.to_owned(),
                None => panic!("{}: its stage has no {name}", target.path),
            },
        }
    };
    let path: Vec<String> = target.path.split('/').map(segment).collect();
    let mut query: Vec<String> = Vec::new();
    for (name, value) in target.parameters {
        let value = match hit {
            Some((Spot::Parameter(place), payload)) if place == name => payload.percent(),
            _ => values.fill(value),
        };
        query.push(format!("{name}={value}"));
    }
    if let Some((Spot::ParameterName, payload)) = hit {
        query.push(format!("{}=1", payload.percent()));
    }
    match query.as_slice() {
        [] => path.join("/"),
        query => format!("{}?{}", path.join("/"), query.join("&")),
    }
}

/// The fields of a form, of which the example is written as JSON.
fn form(filled: &str, hit: Option<(&Spot, &Payload)>) -> Vec<u8> {
    let fields: Value = serde_json::from_str(filled).unwrap();
    let fields = fields.as_object().unwrap().iter();
    let mut pairs: Vec<String> = fields
        .map(|(name, value)| match hit {
            Some((Spot::Value(pointer), payload)) if pointer[1..] == *name => {
                format!("{name}={}", payload.percent())
            }
            _ => format!("{name}={}", percent(value.as_str().unwrap())),
        })
        .collect();
    if let Some((Spot::Name(_), payload)) = hit {
        pairs.push(format!("{}=x", payload.percent()));
    }
    pairs.join("&").into_bytes()
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn body(target: &Target, values: &Values, hit: Option<(&Spot, &Payload)>) -> Vec<u8> {
    let filled = values.fill(target.body);
    if target.is_form {
        return form(&filled, hit);
    }
    let (pointer, payload, is_name) = match hit {
        Some((Spot::Value(pointer), payload)) => (pointer, payload, false),
        Some((Spot::Name(pointer), payload)) => (pointer, payload, true),
        _ => return filled.into_bytes(),
    };
    let mut body: Value = serde_json::from_str(&filled).unwrap();
    let place = body.pointer_mut(pointer).unwrap();
    if is_name {
        let fields = place.as_object_mut().unwrap();
        fields.insert(MARK.to_owned(), Value::from("x"));
    } else {
        *place = Value::from(MARK);
    }
    let text = serde_json::to_string(&body).unwrap();
    let (before, after) = text.split_once(&format!("\"{MARK}\"")).unwrap();
    [before.as_bytes(), &payload.json(), after.as_bytes()].concat()
}
