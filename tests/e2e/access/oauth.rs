//! The attacks on an authorization code: replay, PKCE downgrade, open redirect. And the flow that they attack, by a browser with
//! cookies and forms.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use daybook_tests::{Http, Postgres, Reply};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, redirect};
use serde_json::Value;
use uuid::Uuid;

use super::people::{House, PASSWORD, Person, Session, client, noted, post_form};

const REDIRECT: &str = "https://app.example/callback?from=shop";

/// A browser: it keeps cookies, reads forms, and tells where it is sent instead of going there.
struct Browser {
    client: Client,
    base: String,
    cookies: BTreeMap<String, String>,
}

/// What a browser is shown, or where it is sent.
struct Shown {
    status: u16,
    sent_to: Option<String>,
    page: String,
}

impl Browser {
    fn new(base: &str) -> Self {
        let client = Client::builder().redirect(redirect::Policy::none()).build();
        Self {
            client: client.unwrap(),
            base: base.to_owned(),
            cookies: BTreeMap::new(),
        }
    }

    async fn open(&mut self, path: &str) -> Shown {
        let request = self.client.get(format!("{}{path}", self.base));
        self.send(request).await
    }

    /// Sends the page's form with these fields filled in; the hidden ones come from the page.
    async fn submit(&mut self, page: &str, filled: &[(&str, &str)]) -> Shown {
        let action = attribute(page, "<form", "action").expect("a form with an action");
        let mut fields: Vec<(String, String)> = page
            .split("<input")
            .skip(1)
            .filter(|input| attribute(input, "", "type").as_deref() == Some("hidden"))
            .filter_map(|input| {
                Some((
                    attribute(input, "", "name")?,
                    attribute(input, "", "value")?,
                ))
            })
            .collect();
        fields.extend(
            filled
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let url = if action.starts_with("http") {
            action
        } else {
            format!("{}{action}", self.base)
        };
        let request = self
            .client
            .post(url)
            .form(&fields)
            .header("origin", &self.base);
        self.send(request).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Shown {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let response = request
            .header(COOKIE, cookies.join("; "))
            .send()
            .await
            .unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
            if let Some((name, value)) = cookie.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let sent_to = response.headers().get(LOCATION);
        Shown {
            status: response.status().as_u16(),
            sent_to: sent_to.map(|location| location.to_str().unwrap().to_owned()),
            page: response.text().await.unwrap(),
        }
    }
}

impl Shown {
    /// What a query parameter of the address says that the browser is sent to.
    fn parameter(&self, name: &str) -> Option<String> {
        let url = reqwest::Url::parse(self.sent_to.as_deref()?).ok()?;
        let found = url.query_pairs().find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned())
    }
}

/// The value of an attribute, in the text after `start`.
fn attribute(text: &str, start: &str, name: &str) -> Option<String> {
    let (_, text) = text.split_once(start)?;
    let (_, rest) = text.split_once(&format!(" {name}=\""))?;
    let value = rest.split('"').next()?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&amp;", "&"),
    )
}

/// A client's proof key (RFC 7636).
struct Pkce {
    verifier: String,
    challenge: String,
}

impl Pkce {
    fn new() -> Self {
        let verifier = format!(
            "{}{}",
            Uuid::now_v7().simple(),
            Uuid::new_v5(&Uuid::nil(), &[1]).simple()
        );
        let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
        Self {
            challenge: BASE64URL_NOPAD.encode(digest.as_ref()),
            verifier,
        }
    }
}

/// A shop with a person in it, and a public client that asks to be let in.
struct Stage {
    house: House,
    person: Person,
    client_id: String,
    pkce: Pkce,
}

impl Stage {
    async fn set(postgres: &Postgres) -> Self {
        let house = House::open(postgres).await;
        let person = house.person("lets-in@example.org").await;
        let scopes = ["orders:read", "account:read"];
        let registered = client(&house.http(), "public", &[REDIRECT], &scopes).await;
        Self {
            client_id: registered["id"].as_str().unwrap().to_owned(),
            house,
            person,
            pkce: Pkce::new(),
        }
    }

    /// The parameters of a good authorization request.
    fn request(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("response_type", "code".to_owned()),
            ("client_id", self.client_id.clone()),
            ("redirect_uri", REDIRECT.to_owned()),
            ("scope", "orders:read".to_owned()),
            ("state", "a state & more".to_owned()),
            ("code_challenge", self.pkce.challenge.clone()),
            ("code_challenge_method", "S256".to_owned()),
        ])
    }

    fn browser(&self) -> Browser {
        Browser::new(self.house.server().url())
    }

    async fn authorize(
        &self,
        browser: &mut Browser,
        parameters: &BTreeMap<&'static str, String>,
    ) -> Shown {
        let mut url = reqwest::Url::parse("http://x/oauth/authorize").unwrap();
        url.query_pairs_mut().extend_pairs(parameters);
        browser
            .open(&format!("/oauth/authorize?{}", url.query().unwrap()))
            .await
    }

    /// Logs in, consents, and is sent back with a code.
    async fn consent(&self) -> Shown {
        let mut browser = self.browser();
        let log_in = self.authorize(&mut browser, &self.request()).await;
        assert_eq!(log_in.status, 200, "{}", log_in.page);
        let filled = [
            ("email", self.person.email.as_str()),
            ("password", PASSWORD),
        ];
        let mut consent = browser.submit(&log_in.page, &filled).await;
        // To the same page, after the form was sent.
        if let (303, Some(next)) = (consent.status, consent.sent_to.clone()) {
            let next = next
                .trim_start_matches(self.house.server().url())
                .to_owned();
            consent = browser.open(&next).await;
        }
        assert_eq!(consent.status, 200, "{}", consent.page);
        browser.submit(&consent.page, &[("answer", "allow")]).await
    }

    async fn code(&self) -> String {
        let sent = self.consent().await;
        sent.parameter("code")
            .unwrap_or_else(|| panic!("no code in {:?}: {}", sent.sent_to, sent.page))
    }

    async fn exchange(&self, code: &str, changed: &[(&'static str, Option<&str>)]) -> Reply {
        let mut form = BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("client_id", &self.client_id),
            ("code_verifier", &self.pkce.verifier),
        ]);
        for (name, value) in changed {
            match value {
                Some(value) => form.insert(name, value),
                None => form.remove(name),
            };
        }
        let form: Vec<(&str, &str)> = form.into_iter().collect();
        post_form(&self.house.stranger(), "/oauth/token", &form).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_lets_a_client_in_and_it_may_do_what_was_said() {
    let postgres = Postgres::fresh().await;
    let stage = Stage::set(&postgres).await;
    let sent = stage.consent().await;
    assert!(
        matches!(sent.status, 302 | 303),
        "{} {}",
        sent.status,
        sent.page
    );
    assert!(
        sent.sent_to.as_deref().unwrap().starts_with(REDIRECT),
        "{:?}",
        sent.sent_to
    );
    assert_eq!(sent.parameter("from").as_deref(), Some("shop"));
    assert_eq!(sent.parameter("state").as_deref(), Some("a state & more"));
    let issuer = stage
        .house
        .http()
        .get("/.well-known/oauth-authorization-server")
        .await;
    assert_eq!(
        sent.parameter("iss"),
        issuer.json()["issuer"].as_str().map(str::to_owned)
    );
    let answer = stage
        .exchange(&sent.parameter("code").unwrap(), &[])
        .await
        .expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let session = Session::of(&answer);
    let shown = session.on(&stage.house.http());
    shown.get("/v1/orders").await.expect(200);
    // What was not asked for was not given.
    let refused = shown.get("/v1/accounts/me").await.expect(403);
    assert_eq!(refused.code().as_deref(), Some("insufficient-scope"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_shown_twice_is_refused_and_ends_what_it_began() {
    let postgres = Postgres::fresh().await;
    let stage = Stage::set(&postgres).await;
    let code = stage.code().await;
    let session = Session::of(&stage.exchange(&code, &[]).await.expect(200));
    let shown = session.on(&stage.house.http());
    shown.get("/v1/orders").await.expect(200);
    refused(&stage.exchange(&code, &[]).await, "invalid_grant");
    shown.get("/v1/orders").await.expect(401);
    refused(&session.refresh(&stage.house.http()).await, "invalid_grant");
    noted(&stage.house.http(), &["code-replay"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_of_no_use_without_the_client_s_proof() {
    let postgres = Postgres::fresh().await;
    let stage = Stage::set(&postgres).await;
    let other = client(&stage.house.http(), "public", &[REDIRECT], &["orders:read"]).await;
    let other = other["id"].as_str().unwrap();
    let challenge = stage.pkce.challenge.as_str();
    let wrong = "x".repeat(43);
    let code = stage.code().await;
    for changed in [
        ("code_verifier", None),
        ("code_verifier", Some("")),
        ("code_verifier", Some(wrong.as_str())),
        ("code_verifier", Some(challenge)),
        ("redirect_uri", Some("https://app.example/callback")),
        ("client_id", Some(other)),
    ] {
        refused(&stage.exchange(&code, &[changed]).await, "invalid_grant");
    }
    // Who has only seen the code has not even used it up.
    stage.exchange(&code, &[]).await.expect(200);
    noted(&stage.house.http(), &["pkce-failed", "code-of-another"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_good_challenge_is_sent_back_with_an_error() {
    let postgres = Postgres::fresh().await;
    let stage = Stage::set(&postgres).await;
    for (name, value) in [
        ("code_challenge", None),
        ("code_challenge_method", None),
        ("code_challenge_method", Some("plain")),
        ("code_challenge_method", Some("s256")),
        ("code_challenge", Some("short")),
        ("response_type", Some("token")),
        ("response_type", Some("code id_token")),
        ("scope", Some("accounts:write")),
        ("scope", Some("no:such")),
    ] {
        let mut request = stage.request();
        match value {
            Some(value) => request.insert(name, value.to_owned()),
            None => request.remove(name),
        };
        let sent = stage.authorize(&mut stage.browser(), &request).await;
        let error = sent
            .parameter("error")
            .unwrap_or_else(|| panic!("{name}={value:?}: {} {}", sent.status, sent.page));
        let expected = match name {
            "response_type" => "unsupported_response_type",
            "scope" => "invalid_scope",
            _ => "invalid_request",
        };
        assert_eq!(error, expected, "{name}={value:?}");
        assert_eq!(sent.parameter("state").as_deref(), Some("a state & more"));
        assert!(sent.sent_to.unwrap().starts_with(REDIRECT));
    }
    noted(&stage.house.http(), &["pkce-downgrade"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let postgres = Postgres::fresh().await;
    let stage = Stage::set(&postgres).await;
    let mut attempts: Vec<(&'static str, String)> = [
        "https://evil.example/callback",
        "https://app.example/callback",
        "https://app.example/callback?from=shop&more=1",
        "https://app.example/callback?from=shop#",
        "https://app.example/callback/?from=shop",
        "https://app.example/callback/../evil?from=shop",
        "https://app.example.evil.example/callback?from=shop",
        "https://app.example@evil.example/callback?from=shop",
        "https://APP.example/callback?from=shop",
        "http://app.example/callback?from=shop",
        "https://app.example:443/callback?from=shop",
        "https://app.example/Callback?from=shop",
        "//app.example/callback?from=shop",
        "javascript:alert(1)",
        "data:text/html,hello",
    ]
    .map(|address| ("redirect_uri", address.to_owned()))
    .into();
    attempts.push(("client_id", Uuid::now_v7().to_string()));
    attempts.push(("client_id", "\"><script>alert(1)</script>".to_owned()));
    for (name, value) in attempts {
        let mut request = stage.request();
        request.insert(name, value.clone());
        let shown = stage.authorize(&mut stage.browser(), &request).await;
        assert_eq!(
            shown.status, 400,
            "{name}={value}: {:?} {}",
            shown.sent_to, shown.page
        );
        assert_eq!(shown.sent_to, None, "{name}={value}");
        assert!(!shown.page.contains("<script>alert"), "{}", shown.page);
    }
    // Neither is somebody whose browser sends it twice.
    let mut twice = reqwest::Url::parse("http://x/oauth/authorize").unwrap();
    twice
        .query_pairs_mut()
        .extend_pairs(stage.request())
        .append_pair("redirect_uri", "https://evil.example/");
    let path = format!("/oauth/authorize?{}", twice.query().unwrap());
    let shown = stage.browser().open(&path).await;
    assert_eq!((shown.status, shown.sent_to), (400, None), "{}", shown.page);
    noted(
        &stage.house.http(),
        &["redirect-mismatch", "client-unknown"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forms_cannot_be_sent_from_elsewhere() {
    let postgres = Postgres::fresh().await;
    let stage = Stage::set(&postgres).await;
    let mut browser = stage.browser();
    let log_in = stage.authorize(&mut browser, &stage.request()).await;
    for header in [
        "content-security-policy",
        "x-frame-options",
        "referrer-policy",
        "cache-control",
    ] {
        let http: Http = stage.house.stranger();
        let reply = http.get("/oauth/authorize?client_id=x").await;
        assert!(
            reply.header(header).is_some(),
            "no {header}: {:?}",
            reply.headers
        );
    }
    // The same form without the cookie that the page came with, as a forged page would have a browser send it.
    let mut stranger = stage.browser();
    let filled = [
        ("email", stage.person.email.as_str()),
        ("password", PASSWORD),
    ];
    let shown = stranger.submit(&log_in.page, &filled).await;
    assert!(
        matches!(shown.status, 400 | 403),
        "{} {:?}",
        shown.status,
        shown.sent_to
    );
    assert_eq!(shown.sent_to, None);
    noted(&stage.house.http(), &["form-forged"]).await;
}

/// RFC 6749, section 5.2.
#[track_caller]
fn refused(reply: &Reply, error: &str) {
    assert_eq!(reply.status, 400, "{}", reply.describe());
    let body: Value = reply.json();
    assert_eq!(body["error"], error, "{body}");
}

#[test]
fn forms_are_read() {
    let page = r#"<form method="post" action="/a?b=1&amp;c"><input type="hidden" name="n" value="&quot;v&quot;">"#;
    assert_eq!(
        attribute(page, "<form", "action").as_deref(),
        Some("/a?b=1&c")
    );
    assert_eq!(attribute(page, "<input", "value").as_deref(), Some("\"v\""));
}
