//! The attacks of RFC 8725 over HTTP, and what else is shown instead of a good token: each gets the same 401, byte for byte but
//! for the trace, and is in the journal under its reason.

use access::seal::{MasterKey, MasterKeys};
use access::token::{Grant, Issuer, KeyRing, SigningKey};
use data_encoding::BASE64URL_NOPAD;
use domain::value::Timestamp;
use http::Method;
use identity::{Identity, IdentityOptions};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::ask::{Answer, anonymous, ask, empty};
use crate::security::{refused_times, with_token};
use crate::world::{PUBLIC_URL, World};

const PATH: &str = "/v1/accounts/me";

/// A good token taken apart: header, claims, signature.
struct Parts {
    header: Value,
    claims: Value,
    signature: String,
}

impl Parts {
    fn of(token: &str) -> Self {
        let parts: Vec<_> = token.split('.').collect();
        let json = |part: &str| {
            let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
            serde_json::from_slice(&bytes).unwrap()
        };
        Self {
            header: json(parts[0]),
            claims: json(parts[1]),
            signature: parts[2].to_owned(),
        }
    }

    fn with_header(&self, name: &str, value: Value) -> String {
        let mut header = self.header.clone();
        header[name] = value;
        self.token(&header, &self.claims)
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        self.token(&self.header, &claims)
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let part = |json: &Value| BASE64URL_NOPAD.encode(json.to_string().as_bytes());
        format!("{}.{}.{}", part(header), part(claims), self.signature)
    }
}

/// The public key of the shop, as anybody can read it.
async fn public_key(world: &World) -> Vec<u8> {
    let jwks = world.get_anonymously("/.well-known/jwks.json").await.json();
    let x = jwks["keys"][0]["x"].as_str().unwrap().to_owned();
    BASE64URL_NOPAD.decode(x.as_bytes()).unwrap()
}

/// A token by another key, which says what it likes.
fn forged(claims: &Value) -> String {
    let ring = KeyRing::new(SigningKey::generate().unwrap());
    let grant = Grant {
        subject: claims["sub"].as_str().unwrap(),
        client_id: "daybook",
        session: claims["sid"].as_str().map(|sid| sid.parse().unwrap()),
        scopes: &[],
        roles: &["customer", "owner"],
        lifetime: std::time::Duration::from_secs(300),
        token_id: Uuid::now_v7(),
    };
    let now = Timestamp::try_from(OffsetDateTime::now_utc()).unwrap();
    let issuer = Issuer::new(PUBLIC_URL, PUBLIC_URL);
    let issued = issuer.issue(&ring, grant, now).unwrap();
    issued.token.expose().clone()
}

fn hmac_by(key: &[u8], header: &Value, claims: &Value) -> String {
    use ring::hmac;
    let part = |json: &Value| BASE64URL_NOPAD.encode(json.to_string().as_bytes());
    let signed = format!("{}.{}", part(header), part(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))
}

fn without_trace(answer: &Answer) -> (u16, String, Value) {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("trace_id");
    (
        answer.status.as_u16(),
        answer.header("www-authenticate").to_owned(),
        body,
    )
}

#[tokio::test]
async fn every_forgery_gets_the_same_401_and_is_in_the_journal() {
    let world = World::new().await;
    let ann = world.member("ann@example.org").await;
    let good = ann.token().to_owned();
    let parts = Parts::of(&good);
    let public = public_key(&world).await;
    let kid = parts.header["kid"].clone();
    let hs256 = json!({"typ": "at+jwt", "alg": "HS256", "kid": kid});
    let signed = good.rsplit_once('.').unwrap().0.to_owned();
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": BASE64URL_NOPAD.encode(&[7; 32])});
    let forgeries: Vec<(&str, String)> = vec![
        ("token-algorithm", parts.with_header("alg", json!("none"))),
        ("token-algorithm", parts.with_header("alg", json!("nOnE"))),
        ("token-algorithm", hmac_by(&public, &hs256, &parts.claims)),
        ("token-algorithm", parts.with_header("alg", json!("RS256"))),
        (
            "token-unknown-key",
            parts.with_header("kid", json!("../../../dev/null")),
        ),
        (
            "token-unknown-key",
            parts.with_header("kid", json!("' or '1'='1")),
        ),
        (
            "token-unknown-key",
            parts.with_header("kid", json!("https://evil.example/key")),
        ),
        (
            "token-header",
            parts.with_header("jku", json!("https://evil.example/jwks.json")),
        ),
        (
            "token-header",
            parts.with_header("x5u", json!("https://evil.example/cert")),
        ),
        ("token-header", parts.with_header("jwk", jwk)),
        ("token-header", parts.with_header("crit", json!(["exp"]))),
        ("token-type", parts.with_header("typ", json!("JWT"))),
        ("token-type", parts.with_header("typ", json!("id_token"))),
        (
            "token-signature",
            parts.with_claim("iss", json!("https://evil.example")),
        ),
        (
            "token-signature",
            parts.with_claim("aud", json!("https://evil.example")),
        ),
        (
            "token-signature",
            parts.with_claim("exp", json!(4_000_000_000_u64)),
        ),
        (
            "token-signature",
            parts.with_claim("roles", json!(["owner"])),
        ),
        ("token-signature", format!("{signed}.")),
        ("token-malformed", signed.clone()),
        ("token-malformed", format!("{good}.{}", parts.signature)),
        ("token-malformed", format!("{good}=")),
        ("token-malformed", "opaque".to_owned()),
        ("token-unknown-key", forged(&parts.claims)),
        ("token-too-long", "x".repeat(5_000)),
    ];
    let mut expected = std::collections::BTreeMap::<&str, u64>::new();
    let mut answers = Vec::new();
    for (reason, token) in &forgeries {
        let answer = with_token(&world, token, PATH).await.expect(401);
        answers.push(without_trace(&answer));
        *expected.entry(reason).or_default() += 1;
    }
    for (answer, (_, token)) in answers.iter().zip(&forgeries) {
        assert_eq!(*answer, answers[0], "{token}");
    }
    with_token(&world, &good, PATH).await.expect(200);
    for (reason, times) in expected {
        assert_eq!(
            refused_times(&world, reason, times).await,
            times,
            "{reason}"
        );
    }
    // Nothing of what was sent is in the journal.
    let events = world.get("/v1/events?limit=1000").await.expect(200).text();
    for secret in [&parts.signature, "evil.example", "dev/null"] {
        assert!(!events.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn two_tokens_are_none_and_nowhere_but_in_the_header_is_looked() {
    let world = World::new().await;
    let ann = world.member("ann@example.org").await;
    let bearer = format!("Bearer {}", ann.token());
    let twice = anonymous(Method::GET, PATH)
        .header("authorization", &bearer)
        .header("authorization", &bearer);
    ask(&world.router, empty(twice))
        .await
        .expect_problem(401, "authentication-required");
    let path = format!("{PATH}?access_token={}", ann.token());
    let answer = ask(&world.router, empty(anonymous(Method::GET, &path))).await;
    answer.expect_problem(401, "authentication-required");
    // A wrong token is wrong where none is needed, too.
    with_token(&world, "opaque", "/v1/products")
        .await
        .expect(401);
}

/// Identities of the same shop with other settings: they sign with the same keys.
async fn another(world: &World, issuer: &str, lifetime_seconds: u64) -> Identity {
    let mut options = IdentityOptions::new(world.master.clone(), issuer);
    options.tokens.access_lifetime = std::time::Duration::from_secs(lifetime_seconds);
    Identity::open(world.commands.clone(), options)
        .await
        .unwrap()
}

async fn token_of(world: &World, identity: &Identity, account: &str) -> String {
    let account = account.parse().unwrap();
    let (state, _) = world.commands.account_state(account).await.unwrap();
    let (session, live) = state.sessions().live().iter().next().unwrap();
    let tokens = identity.tokens();
    let tokens = tokens
        .for_session(account, &state, *session, 1, live.expires_at)
        .unwrap();
    tokens.access_token.expose().clone()
}

#[tokio::test]
async fn a_token_by_the_right_key_for_another_issuer_is_none() {
    let world = World::new().await;
    let ann = world.member("ann@example.org").await;
    let other = another(&world, "https://other.example", 300).await;
    let token = token_of(&world, &other, &ann.id).await;
    with_token(&world, &token, PATH)
        .await
        .expect_problem(401, "authentication-required");
    assert_eq!(refused_times(&world, "token-issuer", 1).await, 1);
}

#[tokio::test]
async fn a_token_whose_time_is_over_is_told_so() {
    let world = World::new().await;
    let ann = world.member("ann@example.org").await;
    let brief = another(&world, PUBLIC_URL, 1).await;
    let token = token_of(&world, &brief, &ann.id).await;
    with_token(&world, &token, PATH).await.expect(200);
    let refused = daybook_tests::eventually(
        "it expires",
        std::time::Duration::from_secs(30),
        async || {
            let answer = with_token(&world, &token, PATH).await;
            if answer.status == 401 {
                Ok(answer)
            } else {
                Err(answer.text())
            }
        },
    )
    .await;
    refused.expect_problem(401, "token-expired");
    assert!(refused_times(&world, "token-expired", 1).await >= 1);
}

#[tokio::test]
async fn identities_of_another_master_key_are_not_opened() {
    let world = World::new().await;
    let master = MasterKeys::new(MasterKey::generate().unwrap(), Vec::new());
    let options = IdentityOptions::new(master, PUBLIC_URL);
    assert!(
        Identity::open(world.commands.clone(), options)
            .await
            .is_err()
    );
}
