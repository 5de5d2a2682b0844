//! A command's request: who sends it, under which key, on which version, and its body.

use axum::extract::{FromRequest, FromRequestParts, Request};
use commands::{Context, RequestKey};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use http::request::Parts;
use hyper::body::Body as _;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{body, headers, json};
use crate::Api;
use crate::auth::Allowed;
use crate::problem::{Code, Problem};
use crate::trace::Trace;

/// A command's request, read.
#[derive(Debug)]
pub struct Write<B> {
    /// What is asked.
    pub body: B,
    /// Who asks, and how far they reach.
    pub allowed: Allowed,
    /// What is recorded beside the events.
    pub context: Context,
}

impl<B: DeserializeOwned> FromRequest<Api> for Write<B> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let allowed = Allowed::from_request_parts(&mut parts, api).await?;
        let actor = allowed.principal.to_string();
        let trace = Trace::of_request(&parts);
        let key = headers::idempotency_key(&parts)?;
        let expected_version = headers::expected_version(&parts)?;
        // What is packed is not unpacked, and not read.
        if !body.is_end_stream() {
            check_is_not_packed(&parts)?;
        }
        let bytes = body::read(body, api.options()).await?;
        if !bytes.is_empty() {
            check_is_json(&parts)?;
        }
        let scope = [&actor, parts.method.as_str(), parts.uri.path()];
        let request = key.map(|key| RequestKey::new(&scope, key, hash(&bytes)));
        Ok(Self {
            body: json::parse(&bytes)?,
            context: Context {
                actor,
                traceparent: trace.traceparent,
                request,
                expected_version,
                only_of: allowed.only_of(),
                ..Context::default()
            },
            allowed,
        })
    }
}

impl<B> Write<B> {
    /// A new id that is the same when the request is repeated, so that the answer is too. Without a key it is random.
    pub fn derived_id(&self, within: Uuid) -> Uuid {
        match &self.context.request {
            Some(request) => Uuid::new_v5(&within, request.claim.as_uuid().as_bytes()),
            None => Uuid::now_v7(),
        }
    }
}

fn header(parts: &Parts, name: HeaderName) -> &str {
    let given = parts.headers.get(name);
    given.map_or("", |it| it.to_str().unwrap_or("?"))
}

fn check_is_not_packed(parts: &Parts) -> Result<(), Problem> {
    let packed = header(parts, CONTENT_ENCODING);
    if matches!(packed, "" | "identity") {
        return Ok(());
    }
    let detail = format!("the Content-Encoding is {packed:?}; send the body as it is");
    Err(Problem::new(Code::UnsupportedMediaType, detail))
}

fn check_is_json(parts: &Parts) -> Result<(), Problem> {
    let given = header(parts, CONTENT_TYPE);
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = match given {
        "" => "the body has no Content-Type; send application/json".to_owned(),
        other => format!("the Content-Type is {other:?}; only application/json is read here"),
    };
    Err(Problem::new(Code::UnsupportedMediaType, detail))
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
