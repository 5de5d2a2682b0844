//! Accounts over HTTP: coming in, one's own account, and what strangers learn.

use access::totp::TotpSecret;
use domain::value::Timestamp;
use http::Method;
use serde_json::{Value, json};

use crate::ask::Answer;
use crate::people::PASSWORD;
use crate::world::World;

/// What can be compared of two answers: all but the trace.
fn comparable(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "traceresponse", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    let mut body = answer.json();
    if let Some(body) = body.as_object_mut() {
        body.remove("trace_id");
    }
    (answer.status.as_u16(), headers, body)
}

#[tokio::test]
async fn a_person_comes_in_by_the_mailed_page_and_goes_again() {
    let world = World::new().await;
    let body = json!({"email": "ann@example.org", "password": PASSWORD, "name": "Ann Other"});
    world
        .post_anonymously("/v1/accounts", &body)
        .await
        .expect(202);
    let refused = world.log_in("ann@example.org").await;
    refused.expect_problem(401, "invalid-credentials");
    let (path, token) = world.mailbox.link("ann@example.org").await;
    let page = world.get_anonymously(&path).await.expect(200);
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(page.text().contains(&token));
    // Opening it did nothing: the button does, once.
    let fields = [("token", token.as_str())];
    let done = world.send_form("/verify", &fields).await.expect(200);
    assert!(done.text().contains("confirmed"));
    let again = world.send_form("/verify", &fields).await.expect(422);
    assert!(again.text().contains("used already"), "{}", again.text());
    let ann = world.logged_in("ann@example.org").await;
    assert_eq!(ann.session["token_type"], "Bearer");
    let me = world
        .as_member(&ann, Method::GET, "/v1/accounts/me", None)
        .await;
    let me = me.expect(200);
    assert!(me.header("etag").starts_with("\"v"));
    assert_eq!(me.json()["email"], "ann@example.org");
    assert_eq!(me.json()["roles"], json!(["customer"]));
    let change = json!({"phone": "+44 20 7946 0000", "name": null});
    world
        .as_member(&ann, Method::PATCH, "/v1/accounts/me", Some(&change))
        .await
        .expect(200);
    let me = world
        .as_member(&ann, Method::GET, "/v1/accounts/me", None)
        .await
        .json();
    assert_eq!(
        (&me["phone"], &me["name"]),
        (&json!("+44 20 7946 0000"), &Value::Null)
    );
    let other = world.logged_in("ann@example.org").await;
    let path = "/v1/accounts/me/sessions";
    let sessions = world.as_member(&ann, Method::GET, path, None).await.json();
    let sessions = sessions["items"].as_array().unwrap().clone();
    let current: Vec<_> = sessions
        .iter()
        .map(|session| session["current"] == true)
        .collect();
    assert_eq!(current, [false, true]);
    world
        .as_member(&ann, Method::DELETE, "/v1/sessions/current", None)
        .await
        .expect(200);
    let gone = world.as_member(&ann, Method::GET, path, None).await;
    gone.expect_problem(401, "token-revoked");
    world
        .as_member(&other, Method::DELETE, path, None)
        .await
        .expect(200);
    let gone = world.as_member(&other, Method::GET, path, None).await;
    gone.expect_problem(401, "token-revoked");
}

#[tokio::test]
async fn answers_are_the_same_with_an_account_and_without() {
    let world = World::new().await;
    world.member("ann@example.org").await;
    let ask = |path: &'static str, email: &'static str| {
        let world = &world;
        async move {
            let body = match path {
                "/v1/accounts" | "/v1/sessions" => {
                    json!({"email": email, "password": "another of mine"})
                }
                _ => json!({ "email": email }),
            };
            comparable(&world.post_anonymously(path, &body).await)
        }
    };
    for path in [
        "/v1/accounts",
        "/v1/accounts/verification-mails",
        "/v1/password-resets",
        "/v1/sessions",
    ] {
        let known = ask(path, "ann@example.org").await;
        let unknown = ask(path, "nobody@example.org").await;
        assert_eq!(known, unknown, "{path}");
    }
    for _ in 0..12 {
        let known = ask("/v1/sessions", "ann@example.org").await;
        let unknown = ask("/v1/sessions", "nobody@example.org").await;
        let masked = |answer: (u16, Vec<(String, String)>, Value)| {
            let text = format!("{answer:?}");
            // The lock's end is the moment of the tenth failure.
            text.split(" until ").next().unwrap().to_owned()
        };
        assert_eq!(masked(known), masked(unknown));
    }
    let locked = world.log_in("nobody@example.org").await;
    locked.expect_problem(403, "account-locked");
}

#[tokio::test]
async fn repeats_are_answered_with_the_same_bytes() {
    let world = World::new().await;
    let body = json!({"email": "ann@example.org", "password": PASSWORD});
    let register = || world.post_anonymously_as("/v1/accounts", "one", &body);
    let (first, again) = (register().await, register().await);
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = json!({"email": "bob@example.org", "password": PASSWORD});
    let reused = world
        .post_anonymously_as("/v1/accounts", "one", &other)
        .await;
    reused.expect_problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn a_forgotten_password_is_chosen_on_the_page() {
    let world = World::new().await;
    let ann = world.member("ann@example.org").await;
    let body = json!({"email": "ann@example.org"});
    world
        .post_anonymously("/v1/password-resets", &body)
        .await
        .expect(202);
    let (path, token) = world.mailbox.link("ann@example.org").await;
    assert!(path.starts_with("/reset?"));
    world.get_anonymously(&path).await.expect(200);
    let short = world
        .send_form("/reset", &[("token", &token), ("password", "short")])
        .await;
    assert!(short.expect(422).text().contains("too short"));
    world
        .send_form(
            "/reset",
            &[("token", &token), ("password", "another of mine")],
        )
        .await
        .expect(200);
    let old = world.log_in("ann@example.org").await;
    old.expect_problem(401, "invalid-credentials");
    let gone = world
        .as_member(&ann, Method::GET, "/v1/accounts/me", None)
        .await;
    gone.expect_problem(401, "token-revoked");
}

#[tokio::test]
async fn what_comes_in_a_link_is_shown_as_text() {
    let world = World::new().await;
    for page in ["/verify", "/reset"] {
        let path = format!("{page}?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E");
        let shown = world.get_anonymously(&path).await.expect(200);
        assert!(!shown.text().contains("<script"), "{}", shown.text());
    }
}

#[tokio::test]
async fn a_second_factor_is_enrolled_asked_for_and_removed() {
    let world = World::new().await;
    let ann = world.member("ann@example.org").await;
    let password = json!({ "password": PASSWORD });
    let path = "/v1/accounts/me/totp";
    let enrolled = world
        .as_member(&ann, Method::POST, path, Some(&password))
        .await;
    let enrolled = enrolled.expect(201).json();
    let secret = data_encoding::BASE32_NOPAD
        .decode(enrolled["secret"].as_str().unwrap().as_bytes())
        .unwrap();
    let secret = TotpSecret::from_bytes(&secret).unwrap();
    let now = Timestamp::try_from(time::OffsetDateTime::now_utc()).unwrap();
    let wrong = json!({"code": "000000x"});
    let confirmation = format!("{path}/confirmation");
    let refused = world
        .as_member(&ann, Method::POST, &confirmation, Some(&wrong))
        .await;
    refused.expect_problem(422, "validation-failed");
    let code = json!({ "code": secret.code_at(now) });
    let confirmed = world
        .as_member(&ann, Method::POST, &confirmation, Some(&code))
        .await;
    let codes = confirmed.expect(200).json()["recovery_codes"].clone();
    assert_eq!(codes.as_array().unwrap().len(), 10);
    let without = world.log_in("ann@example.org").await;
    without.expect_problem(401, "second-factor-required");
    let body = json!({"email": "ann@example.org", "password": PASSWORD, "code": codes[0]});
    world
        .post_anonymously("/v1/sessions", &body)
        .await
        .expect(201);
    let renewed = format!("{path}/recovery-codes");
    let renewed = world
        .as_member(&ann, Method::POST, &renewed, Some(&password))
        .await;
    assert_ne!(renewed.expect(200).json()["recovery_codes"], codes);
    world
        .as_member(&ann, Method::DELETE, path, Some(&password))
        .await
        .expect(200);
    world.log_in("ann@example.org").await.expect(201);
}

#[tokio::test]
async fn whoever_erases_their_account_shows_the_password() {
    let world = World::new().await;
    let ann = world.member("ann@example.org").await;
    let path = "/v1/accounts/me";
    let wrong = json!({"password": "not the password"});
    let refused = world
        .as_member(&ann, Method::DELETE, path, Some(&wrong))
        .await;
    refused.expect_problem(401, "invalid-credentials");
    let right = json!({ "password": PASSWORD });
    let erased = world
        .as_member(&ann, Method::DELETE, path, Some(&right))
        .await;
    erased.expect(200);
    let gone = world.as_member(&ann, Method::GET, path, None).await;
    gone.expect_problem(401, "token-revoked");
    let unknown = world.log_in("ann@example.org").await;
    unknown.expect_problem(401, "invalid-credentials");
}
