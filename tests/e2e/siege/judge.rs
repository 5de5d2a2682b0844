//! What every answer to an attack must be.

use std::time::Duration;

use serde_json::Value;

use crate::corpus::Payload;
use crate::targets::Refuses;
use crate::wire::Heard;

/// A payload that makes a database sleep asks for 30 s; a slow machine needs less.
const SLEPT: Duration = Duration::from_secs(15);

/// Words that only the insides of a server would say.
const INSIDES: [&str; 9] = [
    "sqlx",
    "SQLSTATE",
    "syntax error at or near",
    "unterminated quoted string",
    "invalid input syntax for type",
    "invalid byte sequence for encoding",
    "panicked at",
    ".rs:",
    "postgres://",
];

/// What is wrong with an answer, if anything is.
pub fn fault(heard: &Heard, payload: &Payload, refuses: Refuses) -> Option<String> {
    let said = String::from_utf8_lossy(&heard.body);
    let sent = String::from_utf8_lossy(&payload.bytes);
    if heard.status >= 500 {
        return Some("a server error".to_owned());
    }
    if heard.took > SLEPT {
        return Some(format!("it took {:?}", heard.took));
    }
    let inside = INSIDES
        .iter()
        .find(|it| said.contains(**it) && !sent.contains(**it));
    if let Some(word) = inside {
        return Some(format!("it says {word:?}"));
    }
    if heard.header("x-content-type-options") != Some("nosniff") {
        return Some("it lacks nosniff".to_owned());
    }
    let content = heard.header("content-type").unwrap_or_default();
    match heard.status {
        400.. if refuses == Refuses::Page && content.starts_with("text/html") => {
            fault_of_page(&said, &sent)
        }
        400.. if refuses == Refuses::OAuth && content.starts_with("application/json") => {
            let error = &heard.json()["error"];
            (!error.is_string()).then(|| "an OAuth error without its code".to_owned())
        }
        400.. => fault_of_problem(heard, content),
        300..400 => fault_of_redirect(heard, &sent),
        _ if content.starts_with("text/html") => fault_of_page(&said, &sent),
        _ if content.contains("json") && heard.json().is_null() => Some("it is no JSON".to_owned()),
        _ => None,
    }
}

fn fault_of_problem(heard: &Heard, content: &str) -> Option<String> {
    if content != "application/problem+json" {
        return Some(format!("a refusal of type {content:?}"));
    }
    let body = heard.json();
    let texts = ["type", "title", "detail", "instance", "code", "trace_id"];
    let missing = texts.iter().find(|name| !body[**name].is_string());
    if let Some(name) = missing {
        return Some(format!("a problem without {name}"));
    }
    (body["status"] != heard.status).then(|| "a problem with another status".to_owned())
}

/// Markup that was sent may not come back as markup.
fn fault_of_page(said: &str, sent: &str) -> Option<String> {
    let is_markup = sent.contains(['<', '>', '"', '\'']) && sent.chars().count() > 3;
    (is_markup && said.contains(sent)).then(|| "a page that shows it as it came".to_owned())
}

fn fault_of_redirect(heard: &Heard, sent: &str) -> Option<String> {
    let to = heard.header("location").unwrap_or_default();
    let elsewhere = to.contains("evil.example") || (to.starts_with(sent) && !to.starts_with('/'));
    elsewhere.then(|| format!("a redirect to {to}"))
}

/// Whether a text is in there, as a value or as a name, byte for byte.
pub fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(value) => value == text,
        Value::Array(items) => items.iter().any(|item| holds(item, text)),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name == text || holds(value, text)),
        _ => false,
    }
}
