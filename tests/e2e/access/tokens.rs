//! Forged tokens (RFC 8725) against a running server: each gets the same 401, and the journal says why without saying what.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use daybook_tests::{Http, Postgres, Reply, eventually};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::people::{House, Session, noted, program};
use super::secrets::assert_none_of;

/// A second, and what clocks may differ by.
const EXPIRED_WITHIN: Duration = Duration::from_secs(20);

/// A token in its three parts.
#[derive(Clone)]
struct Parts {
    header: Value,
    claims: Value,
    signature: Vec<u8>,
}

impl Parts {
    fn of(token: &str) -> Self {
        let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
        let parts: Vec<_> = token.split('.').map(decode).collect();
        Self {
            header: serde_json::from_slice(&parts[0]).unwrap(),
            claims: serde_json::from_slice(&parts[1]).unwrap(),
            signature: parts[2].clone(),
        }
    }

    /// The same with another member in its header.
    fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    /// The same with another claim.
    fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    fn signed_text(&self) -> String {
        let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        format!("{}.{}", encode(&self.header), encode(&self.claims))
    }

    fn with_signature(&self, signature: &[u8]) -> String {
        let signature = BASE64URL_NOPAD.encode(signature);
        format!("{}.{signature}", self.signed_text())
    }

    /// With the signature that it came with, which no longer fits.
    fn unsigned(&self) -> String {
        self.with_signature(&self.signature)
    }

    /// Signed by a key of our own.
    fn signed_by(&self, key: &Ed25519KeyPair) -> String {
        self.with_signature(key.sign(self.signed_text().as_bytes()).as_ref())
    }

    /// A MAC with something public as the secret.
    fn mac_with(&self, secret: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        self.with_signature(hmac::sign(&key, self.signed_text().as_bytes()).as_ref())
    }
}

fn own_key() -> Ed25519KeyPair {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()
}

/// Every forgery that we know, by name. `good` is a token that the server accepts, `jwk` the public key it is checked by, `trap`
/// an address that nobody must fetch.
fn forgeries(good: &str, jwk: &Value, trap: &str) -> Vec<(&'static str, String)> {
    let parts = Parts::of(good);
    let own = own_key();
    let own_jwk = json!({
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "mine",
        "x": BASE64URL_NOPAD.encode(own.public_key().as_ref()),
    });
    let x = jwk["x"].as_str().unwrap();
    let x_bytes = BASE64URL_NOPAD.decode(x.as_bytes()).unwrap();
    let hs256 = || parts.clone().header("alg", "HS256");
    let none = |name: &str| parts.clone().header("alg", name);
    let claims_of = |name: &str, value: Value| parts.clone().claim(name, value).unsigned();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let mut forged = vec![
        ("alg none", none("none").with_signature(b"")),
        ("alg None, signature kept", none("None").unsigned()),
        ("alg NONE", none("NONE").with_signature(b"")),
        (
            "no alg",
            parts.clone().header("alg", Value::Null).unsigned(),
        ),
        (
            "public key as text for an HMAC",
            hs256().mac_with(x.as_bytes()),
        ),
        (
            "public key as bytes for an HMAC",
            hs256().mac_with(&x_bytes),
        ),
        (
            "public JWK for an HMAC",
            hs256().mac_with(jwk.to_string().as_bytes()),
        ),
        (
            "the empty secret for an HMAC",
            hs256().header("kid", "/dev/null").mac_with(b""),
        ),
        (
            "ES256 whose signature is zeros",
            parts
                .clone()
                .header("alg", "ES256")
                .with_signature(&[0; 64]),
        ),
        (
            "EdDSA whose signature is zeros",
            parts.with_signature(&[0; 64]),
        ),
        (
            "RS256 in name",
            parts
                .clone()
                .header("alg", "RS256")
                .with_signature(&[1; 256]),
        ),
        ("own key under the server's kid", parts.signed_by(&own)),
        (
            "embedded jwk",
            parts
                .clone()
                .header("jwk", own_jwk.clone())
                .header("kid", "mine")
                .signed_by(&own),
        ),
        (
            "embedded jwk under the server's kid",
            parts.clone().header("jwk", own_jwk).signed_by(&own),
        ),
        (
            "crit",
            parts.clone().header("crit", json!(["exp"])).signed_by(&own),
        ),
        ("signature stripped", format!("{signed}.")),
        ("signature and dot stripped", signed.to_owned()),
        ("signature doubled", format!("{good}.{signature}")),
        ("signature twice as long", format!("{good}{signature}")),
        ("padding", format!("{good}=")),
        (
            "another subject",
            claims_of("sub", json!("account-00000000-0000-7000-8000-000000000000")),
        ),
        ("more scopes", claims_of("scope", json!("accounts:write"))),
        (
            "another issuer",
            claims_of("iss", json!("https://elsewhere.example")),
        ),
        (
            "another audience",
            claims_of("aud", json!("https://elsewhere.example")),
        ),
        ("later expiry", claims_of("exp", json!(9_999_999_999_u64))),
        ("not a token", "x".repeat(40)),
        ("three dots", "...".to_owned()),
        ("a long one", "a".repeat(8_000)),
    ];
    for typ in ["JWT", "id+jwt", "application/json"] {
        forged.push(("another typ", parts.clone().header("typ", typ).unsigned()));
    }
    for kid in [
        "../../../../../../dev/null",
        "/proc/sys/kernel/hostname",
        "' or '1'='1",
        "x'; drop table vault.secrets; --",
        "\u{0}",
    ] {
        let forgery = parts.clone().header("kid", kid);
        forged.push(("kid as a path or SQL", forgery.signed_by(&own)));
        let hmac = forgery.header("alg", "HS256").mac_with(b"");
        forged.push(("kid as a path or SQL, HMAC", hmac));
    }
    for member in ["jku", "x5u"] {
        let forgery = parts.clone().header(member, trap);
        forged.push(("keys at an address", forgery.signed_by(&own)));
        let kid = parts.clone().header("kid", trap).header(member, trap);
        forged.push(("kid as an address", kid.signed_by(&own)));
    }
    forged
}

/// The answer without what differs from request to request.
fn answer(reply: &Reply) -> (u16, Option<String>, Value) {
    let mut body = reply.json();
    body.as_object_mut().unwrap().remove("trace_id");
    (
        reply.status,
        reply.header("www-authenticate").map(str::to_owned),
        body,
    )
}

async fn show(http: &Http, token: &str) -> Reply {
    http.clone().with_token(Some(token)).get("/v1/orders").await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_forgery_gets_the_same_answer_and_is_recorded_without_itself() {
    let postgres = Postgres::fresh().await;
    let house = House::open(&postgres).await;
    let http = house.http();
    let good = program(&http, &["orders:read"]).await.token(&http).await;
    show(&http, &good).await.expect(200);
    let keys = http.get("/.well-known/jwks.json").await.expect(200).json();
    let kid = Parts::of(&good).header["kid"].clone();
    let of_kid = |key: &&Value| key["kid"] == kid;
    let jwk = keys["keys"].as_array().unwrap().iter().find(of_kid);
    let trap = Trap::set().await;

    let forged = forgeries(&good, jwk.unwrap(), &trap.url);
    let expected = answer(&show(&http, "nobody's").await.expect(401));
    assert!(
        expected.1.as_deref().unwrap().starts_with("Bearer"),
        "{expected:?}"
    );
    for (name, token) in &forged {
        let found = show(&http, token).await;
        assert_eq!(answer(&found), expected, "{name}: {token}");
    }
    assert_eq!(
        trap.visits(),
        0,
        "somebody fetched keys from the token's address"
    );
    // The good one is none the worse for it.
    show(&http, &good).await.expect(200);

    let reasons = noted(
        &http,
        &[
            "token-malformed",
            "token-header",
            "token-type",
            "token-algorithm",
            "token-unknown-key",
            "token-signature",
            "token-too-long",
        ],
    )
    .await;
    println!("{} forgeries refused as {reasons:?}", forged.len());
    let journal = crate::shop::journal(&http).await;
    let pieces = forged
        .iter()
        .flat_map(|(_, token)| token.split('.').map(str::to_owned))
        .filter(|piece| piece.len() >= 16);
    assert_none_of(
        pieces,
        &serde_json::to_string(&journal).unwrap(),
        "the journal",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_issuer_with_the_same_keys_is_refused() {
    let postgres = Postgres::fresh().await;
    let house = House::open(&postgres).await;
    let elsewhere = house
        .launch()
        .env("DAYBOOK_PUBLIC_URL", "https://elsewhere.example")
        .start()
        .await;
    let program = program(&house.http(), &["orders:read"]).await;
    let (ours, theirs) = (
        program.token(&house.http()).await,
        program.token(&elsewhere.http()).await,
    );
    // Both are well signed, by the same key: only `iss` tells them apart.
    assert_eq!(
        Parts::of(&ours).header["kid"],
        Parts::of(&theirs).header["kid"]
    );
    show(&house.http(), &ours).await.expect(200);
    show(&elsewhere.http(), &theirs).await.expect(200);
    show(&house.http(), &theirs).await.expect(401);
    show(&elsewhere.http(), &ours).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_time_is_over_is_refused_as_such_and_another_is_had() {
    let postgres = Postgres::fresh().await;
    let house = House::open_as(&postgres, |launch| {
        launch.env("DAYBOOK_ACCESS_TOKEN_SECONDS", "1")
    })
    .await;
    let person = house.person("for-a-second@example.org").await;
    let http = house.stranger();
    eventually("the token has expired", EXPIRED_WITHIN, async || {
        let reply = person.session.on(&http).get("/v1/accounts/me").await;
        match (reply.status, reply.code().as_deref()) {
            (401, Some("token-expired")) => Ok(()),
            _ => Err(reply.describe()),
        }
    })
    .await;
    let next = Session::of(&person.session.refresh(&http).await.expect(200));
    next.on(&http).get("/v1/accounts/me").await.expect(200);
}

/// A listener that counts who comes.
struct Trap {
    url: String,
    visits: std::sync::Arc<std::sync::atomic::AtomicUsize>,
}

impl Trap {
    async fn set() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys.json", listener.local_addr().unwrap());
        let visits = std::sync::Arc::<std::sync::atomic::AtomicUsize>::default();
        let counter = visits.clone();
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
        });
        Self { url, visits }
    }

    fn visits(&self) -> usize {
        self.visits.load(std::sync::atomic::Ordering::SeqCst)
    }
}
