//! `POST /v1/gateways/{name}/webhooks`: a gateway tells what happened.
//!
//! The one route that is not for a holder of the token: the signature over the raw bytes says who sends it. 2xx means
//! that what it tells is recorded; anything else makes the gateway send it again.

use axum::extract::{Request, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Serialize;

use crate::Api;
use crate::answer;
use crate::problem::{Code, Problem};
use crate::request::{Place, read_body};
use crate::webhooks::WebhookError;

/// Where the signature stands, by whose scheme.
const SIGNATURES: [&str; 2] = ["stripe-signature", "daybook-signature"];

#[derive(Serialize)]
struct Taken {
    outcome: &'static str,
}

/// Takes a webhook.
pub async fn webhook(
    State(api): State<Api>,
    Place(gateway): Place<String>,
    request: Request,
) -> Result<Response, Problem> {
    let webhooks = api.webhooks()?;
    let (parts, body) = request.into_parts();
    let body = read_body(body, api.options()).await?;
    let signature = signature(&parts.headers);
    let taken = webhooks.take(&gateway, signature, &body).await;
    let outcome = taken.inspect_err(|error| {
        if matches!(error, WebhookError::Unreadable(_)) {
            tracing::error!(%error, gateway, "a gateway's webhook is not understood");
        }
    })?;
    answer::json(&Taken {
        outcome: outcome.as_str(),
    })
}

/// The signature's header; empty without one, and with several, which fit nothing.
fn signature(headers: &HeaderMap) -> &str {
    let given = SIGNATURES.iter().flat_map(|name| headers.get_all(*name));
    let mut given = given.filter_map(|value| value.to_str().ok());
    match (given.next(), given.next()) {
        (Some(only), None) => only,
        _ => "",
    }
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        let detail = error.to_string();
        let code = match error {
            WebhookError::UnknownGateway => Code::NotFound,
            WebhookError::InvalidSignature(_) => Code::InvalidSignature,
            WebhookError::TooLarge(_) => Code::PayloadTooLarge,
            WebhookError::Unreadable(_) => Code::MalformedRequest,
            WebhookError::NotRecorded(error) => return error.into(),
        };
        Self::new(code, detail)
    }
}
