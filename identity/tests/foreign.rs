//! Tokens of a foreign issuer: one that behaves, and ones that do not. A real OIDC server is asked in the end-to-end tests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::token::{Grant, Issuer, KeyRing, SigningKey};
use domain::policy::Principal;
use domain::value::Scope;
use identity::{ForeignOptions, IdentityError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::world::{Node, PUBLIC_URL, World, now};

const DISCOVERY: &str = "/.well-known/openid-configuration";
const KEYS: &str = "/keys";

/// What it answers, by path: status line and body.
type Documents = Arc<Mutex<HashMap<&'static str, (String, String)>>>;

/// A server that answers what it was told to, and remembers what was asked.
struct Server {
    issuer: String,
    documents: Documents,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            documents: Documents::default(),
            asked: Arc::default(),
        };
        let (documents, asked) = (server.documents.clone(), server.asked.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = vec![0; 4_096];
                let read = stream.read(&mut head).await.unwrap_or(0);
                let head = String::from_utf8_lossy(&head[..read]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let known = documents.lock().unwrap().get(path.as_str()).cloned();
                asked.lock().unwrap().push(path);
                let nothing = ("404 Not Found".to_owned(), String::new());
                let (status, body) = known.unwrap_or(nothing);
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        server
    }

    fn answers(&self, path: &'static str, status: &str, body: String) {
        self.documents
            .lock()
            .unwrap()
            .insert(path, (status.to_owned(), body));
    }

    fn publishes(&self, ring: &KeyRing) {
        let discovery = serde_json::json!({
            "issuer": self.issuer, "jwks_uri": format!("{}{KEYS}", self.issuer),
        });
        self.answers(DISCOVERY, "200 OK", discovery.to_string());
        let jwks = serde_json::to_string(&ring.jwks(now())).unwrap();
        self.answers(KEYS, "200 OK", jwks);
    }

    fn times_asked(&self, path: &str) -> usize {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .filter(|asked| *asked == path)
            .count()
    }

    fn token(&self, ring: &KeyRing, subject: &str, audience: &str, scopes: &[&str]) -> String {
        let grant = Grant {
            subject,
            client_id: "till",
            session: None,
            scopes,
            roles: &["owner"],
            lifetime: Duration::from_secs(300),
            token_id: Uuid::now_v7(),
        };
        let issued = Issuer::new(&self.issuer, audience).issue(ring, grant, now());
        issued.unwrap().token.expose().clone()
    }

    async fn trusted_by(&self, world: &World) -> Node {
        let mut options = world.options();
        options.tokens.foreign = vec![ForeignOptions {
            issuer: self.issuer.clone(),
            audience: PUBLIC_URL.to_owned(),
            scopes: vec![Scope::OrdersRead, Scope::StockRead],
            types: Vec::new(),
        }];
        world.node_with(options).await.unwrap()
    }
}

fn ring() -> KeyRing {
    KeyRing::new(SigningKey::generate().unwrap())
}

async fn recognised(node: &Node, token: &str) -> Result<(String, Vec<Scope>), String> {
    match node.identity.authenticate(token).await {
        Ok(Principal::Service { name, scopes }) => Ok((name, scopes.into_iter().collect())),
        Ok(other) => Err(format!("{other:?}")),
        Err(IdentityError::Token(refusal)) => Err(refusal.code().to_owned()),
        Err(IdentityError::Unavailable) => Err("unavailable".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[tokio::test]
async fn its_tokens_are_programs_that_may_do_what_both_say() {
    let world = World::new().await;
    let (server, ring) = (Server::start().await, ring());
    server.publishes(&ring);
    let node = server.trusted_by(&world).await;
    let scopes = ["orders:read", "ledger:read", "unheard:of"];
    let token = server.token(&ring, "ann@example.org", PUBLIC_URL, &scopes);
    let (name, granted) = recognised(&node, &token).await.unwrap();
    assert_eq!(granted, [Scope::OrdersRead]);
    assert!(name.starts_with(&format!("{}#", server.issuer)), "{name}");
    assert!(!name.contains("ann"), "{name}");
    let again = server.token(&ring, "ann@example.org", PUBLIC_URL, &[]);
    assert_eq!(
        recognised(&node, &again).await.unwrap(),
        (name.clone(), vec![])
    );
    let bob = server.token(&ring, "bob@example.org", PUBLIC_URL, &[]);
    assert_ne!(recognised(&node, &bob).await.unwrap().0, name);
    for _ in 0..20 {
        recognised(&node, &token).await.unwrap();
    }
    assert_eq!(
        (server.times_asked(DISCOVERY), server.times_asked(KEYS)),
        (1, 1)
    );
}

#[tokio::test]
async fn for_somebody_else_or_by_another_key_they_are_none() {
    let world = World::new().await;
    let (server, ring, other) = (Server::start().await, ring(), ring());
    server.publishes(&ring);
    let node = server.trusted_by(&world).await;
    let elsewhere = server.token(&ring, "ann", "https://other.example", &[]);
    assert_eq!(
        recognised(&node, &elsewhere).await,
        Err("audience".to_owned())
    );
    // Names that nobody published do not make us ask again and again.
    for _ in 0..20 {
        let forged = server.token(&other, "ann", PUBLIC_URL, &[]);
        assert_eq!(
            recognised(&node, &forged).await,
            Err("unknown-key".to_owned())
        );
    }
    assert_eq!(server.times_asked(KEYS), 1);
    // Who is not configured is nobody.
    let stranger = Server::start().await;
    let token = stranger.token(&other, "ann", PUBLIC_URL, &[]);
    assert_eq!(
        recognised(&node, &token).await,
        Err("unknown-key".to_owned())
    );
    assert_eq!(stranger.times_asked(DISCOVERY), 0);
}

#[tokio::test]
async fn an_issuer_that_misbehaves_has_no_keys() {
    let world = World::new().await;
    let elsewhere = Server::start().await;
    let redirect = format!("302 Found\r\nlocation: {}{DISCOVERY}", elsewhere.issuer);
    let other = r#"{"issuer":"https://evil.example","jwks_uri":"https://evil.example/keys"}"#;
    let long = format!(r#"{{"issuer":"{}"}}"#, "x".repeat(1_000_000));
    for (status, body) in [
        (redirect.as_str(), String::new()),
        ("500 Internal Server Error", String::new()),
        ("200 OK", other.to_owned()),
        ("200 OK", long),
        ("200 OK", "no JSON".to_owned()),
    ] {
        let (server, ring) = (Server::start().await, ring());
        server.publishes(&ring);
        server.answers(DISCOVERY, status, body);
        let node = server.trusted_by(&world).await;
        let token = server.token(&ring, "ann", PUBLIC_URL, &[]);
        assert_eq!(
            recognised(&node, &token).await,
            Err("unavailable".to_owned()),
            "{status}"
        );
        assert_eq!(server.times_asked(KEYS), 0, "{status}");
    }
    assert_eq!(elsewhere.times_asked(DISCOVERY), 0);
}
