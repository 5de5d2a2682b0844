//! A person's browser at the authorization endpoint: it keeps cookies and fills in forms.

use access::pkce;
use axum::body::Body;
use http::Method;
use serde_json::{Value, json};
use url::Url;

use crate::ask::{Answer, anonymous, ask, empty};
use crate::people::PASSWORD;
use crate::world::World;

/// RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const BACK: &str = "https://app.example/back?from=daybook";

pub struct Browser<'a> {
    world: &'a World,
    pub cookie: Option<String>,
}

/// A registered client.
pub struct Program {
    pub id: String,
    pub secret: Option<String>,
}

impl World {
    /// Registers a client with the configured token.
    pub async fn program(&self, kind: &str, redirect_uris: &[&str], scopes: &[&str]) -> Program {
        let body = json!({"name": "An App", "kind": kind, "redirect_uris": redirect_uris, "scopes": scopes});
        let answer = self.post("/v1/clients", &body).await.expect(201).json();
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        Program {
            id: text("id").unwrap(),
            secret: text("client_secret"),
        }
    }

    /// Asks an endpoint of programs.
    pub async fn oauth(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send_form(path, fields).await
    }

    pub fn browser(&self) -> Browser<'_> {
        Browser {
            world: self,
            cookie: None,
        }
    }
}

/// The authorization request of a program.
pub fn request_of(program: &Program, scope: &str) -> Vec<(&'static str, String)> {
    vec![
        ("response_type", "code".to_owned()),
        ("client_id", program.id.clone()),
        ("redirect_uri", BACK.to_owned()),
        ("scope", scope.to_owned()),
        ("state", "a & <b> \"c\"".to_owned()),
        ("code_challenge", CHALLENGE.to_owned()),
        ("code_challenge_method", pkce::METHOD.to_owned()),
    ]
}

/// The request with one parameter changed, or left out.
pub fn with(
    mut request: Vec<(&'static str, String)>,
    name: &str,
    value: Option<&str>,
) -> Vec<(&'static str, String)> {
    request.retain(|(known, _)| *known != name || value.is_some());
    for (known, old) in &mut request {
        if *known == name {
            *old = value.unwrap_or_default().to_owned();
        }
    }
    request
}

impl Browser<'_> {
    /// Follows a program's link here.
    pub async fn open(&mut self, request: &[(&'static str, String)]) -> Answer {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(request);
        let path = format!("/oauth/authorize?{}", query.finish());
        let answer = ask(&self.world.router, empty(anonymous(Method::GET, &path))).await;
        self.keep_cookie(&answer);
        answer
    }

    /// Fills in the form of a page and presses a button.
    pub async fn press(&mut self, page: &Answer, button: &str, typed: &[(&str, &str)]) -> Answer {
        let mut fields = hidden(&page.text());
        for (name, value) in typed.iter().chain(&[("answer", button)]) {
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.send(&fields).await
    }

    pub async fn send(&mut self, fields: &[(String, String)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let mut request = anonymous(Method::POST, "/oauth/authorize")
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let request = request.body(Body::from(form.finish())).unwrap();
        let answer = ask(&self.world.router, request).await;
        self.keep_cookie(&answer);
        answer
    }

    /// Logs in and allows what is asked; where the person is sent then.
    pub async fn allow(&mut self, request: &[(&'static str, String)], email: &str) -> Url {
        let page = self.open(request).await.expect(200);
        let typed = [("email", email), ("password", PASSWORD), ("code", "")];
        let page = self.press(&page, "log-in", &typed).await.expect(200);
        let sent = self.press(&page, "allow", &[]).await.expect(303);
        Url::parse(sent.header("location")).unwrap()
    }

    fn keep_cookie(&mut self, answer: &Answer) {
        if let Some(set) = answer.headers.get("set-cookie") {
            let set = set.to_str().unwrap();
            assert!(set.contains("HttpOnly; SameSite=Strict"), "{set}");
            self.cookie = set.split(';').next().map(str::to_owned);
        }
    }
}

/// A parameter of an address.
pub fn parameter(address: &Url, name: &str) -> Option<String> {
    let mut pairs = address.query_pairs();
    pairs
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

/// The hidden fields of a page's form.
pub fn hidden(page: &str) -> Vec<(String, String)> {
    let inputs = page.split("<input type=\"hidden\" ").skip(1);
    let fields = inputs.map(|input| {
        let (name, rest) = input
            .strip_prefix("name=\"")
            .unwrap()
            .split_once('"')
            .unwrap();
        let value = rest.trim_start().strip_prefix("value=\"").unwrap();
        let (value, _) = value.split_once('"').unwrap();
        (unescaped(name), unescaped(value))
    });
    fields.collect()
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    let text = text.replace("&quot;", "\"").replace("&#39;", "'");
    text.replace("&amp;", "&")
}

/// The error of an OAuth answer, which nobody may keep.
#[track_caller]
pub fn error_of(answer: Answer, status: u16) -> String {
    let answer = answer.expect(status);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let body: Value = answer.json();
    assert!(body["error_description"].is_string(), "{body}");
    body["error"].as_str().unwrap().to_owned()
}
