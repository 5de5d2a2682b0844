//! What gateways tell by themselves: the API carries the raw bytes and the signature, and answers with the verdict.

use std::sync::{Arc, Mutex};

use api::{Api, ApiOptions, WebhookError, WebhookOutcome, Webhooks};
use axum::body::Body;
use commands::CommandError;
use futures::future::{BoxFuture, FutureExt, ready};
use http::Method;

use crate::ask::{Answer, anonymous, ask};
use crate::world::World;

/// Remembers what it was given; the body says what it answers.
#[derive(Default)]
struct Told(Mutex<Vec<(String, String, Vec<u8>)>>);

impl Webhooks for Told {
    fn take<'a>(
        &'a self,
        gateway: &'a str,
        signature: &'a str,
        body: &'a [u8],
    ) -> BoxFuture<'a, Result<WebhookOutcome, WebhookError>> {
        let told = (gateway.into(), signature.into(), body.into());
        self.0.lock().unwrap().push(told);
        ready(match body {
            b"news" => Ok(WebhookOutcome::Recorded),
            b"known" => Ok(WebhookOutcome::Known),
            b"other" => Ok(WebhookOutcome::Ignored),
            b"forged" => Err(WebhookError::InvalidSignature("it does not fit".into())),
            b"huge" => Err(WebhookError::TooLarge("at most 256 KiB".into())),
            b"riddle" => Err(WebhookError::Unreadable("no such object".into())),
            b"outage" => Err(CommandError::Unavailable.into()),
            _ => Err(WebhookError::UnknownGateway),
        })
        .boxed()
    }
}

async fn tell(api: &Api, signature: Option<(&str, &str)>, body: &[u8]) -> Answer {
    let mut request = anonymous(Method::POST, "/v1/gateways/sandbox/webhooks");
    if let Some((name, value)) = signature {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(body.to_vec())).unwrap();
    ask(&api.router(), request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_arrives_as_it_was_sent_and_the_verdict_goes_back() {
    let world = World::new().await;
    let nobody = tell(&world.api, None, b"news").await;
    nobody.expect_problem(404, "not-found");
    let told = Arc::new(Told::default());
    world.api.receive_webhooks(told.clone());
    for (body, outcome) in [
        (&b"news"[..], "recorded"),
        (b"known", "known"),
        (b"other", "ignored"),
    ] {
        let signature = Some(("stripe-signature", "t=1,v1=ab"));
        let answer = tell(&world.api, signature, body).await.expect(200);
        assert_eq!(answer.json()["outcome"], outcome);
    }
    for (body, status, code) in [
        (&b"forged"[..], 400, "invalid-signature"),
        (b"huge", 413, "payload-too-large"),
        (b"riddle", 400, "malformed-request"),
        (b"outage", 503, "unavailable"),
        (b"whose", 404, "not-found"),
    ] {
        let signature = Some(("daybook-signature", "t=1,v1=cd"));
        let answer = tell(&world.api, signature, body).await;
        answer.expect_problem(status, code);
    }
    tell(&world.api, None, b"\xff\x00 not JSON")
        .await
        .expect(404);
    let told = told.0.lock().unwrap();
    let of = |at: usize| (told[at].0.as_str(), told[at].1.as_str(), &told[at].2[..]);
    assert_eq!(of(0), ("sandbox", "t=1,v1=ab", &b"news"[..]));
    assert_eq!(of(3), ("sandbox", "t=1,v1=cd", &b"forged"[..]));
    assert_eq!(of(8), ("sandbox", "", &b"\xff\x00 not JSON"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_the_limit_is_refused_before_it_is_looked_at() {
    let world = World::new().await;
    let told = Arc::new(Told::default());
    world.api.receive_webhooks(told.clone());
    let large = vec![b' '; ApiOptions::default().body_bytes_max + 1];
    let answer = tell(&world.api, None, &large).await;
    answer.expect_problem(413, "payload-too-large");
    assert!(told.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn closed_books_take_no_webhook() {
    let api = Api::closed(ApiOptions::default());
    api.receive_webhooks(Arc::new(Told::default()));
    let answer = tell(&api, None, b"news").await;
    answer.expect_problem(503, "unavailable");
}
