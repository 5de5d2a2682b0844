//! OAuth 2.1 over HTTP: a third party lets itself in by a person's yes, and everything that is tried instead.

use http::Method;
use serde_json::{Value, json};

use crate::ask::{Answer, anonymous, ask, empty};
use crate::browser::{
    BACK, CHALLENGE, Program, VERIFIER, error_of, hidden, parameter, request_of, with,
};
use crate::people::PASSWORD;
use crate::security::{bearer, refused_times};
use crate::world::World;

const SCOPES: &[&str] = &["account:read", "orders:read"];

async fn app(world: &World) -> Program {
    world.program("confidential", &[BACK], SCOPES).await
}

/// The tokens for a code.
async fn exchange(world: &World, program: &Program, code: &str, verifier: &str) -> Answer {
    let secret = program.secret.clone().unwrap_or_default();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", verifier),
        ("client_id", &program.id),
        ("client_secret", &secret),
    ];
    world.oauth("/oauth/token", &fields).await
}

async fn refresh(world: &World, program: &Program, token: &str) -> Answer {
    let secret = program.secret.clone().unwrap_or_default();
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", &program.id),
        ("client_secret", &secret),
    ];
    world.oauth("/oauth/token", &fields).await
}

/// A code that Ann has allowed this program to have.
async fn code(world: &World, program: &Program) -> String {
    let request = request_of(program, "account:read");
    let to = world.browser().allow(&request, "ann@example.org").await;
    parameter(&to, "code").unwrap()
}

#[tokio::test]
async fn a_person_lets_a_program_in_and_it_goes_on_by_refreshing() {
    let world = World::new().await;
    world.member("ann@example.org").await;
    let program = app(&world).await;
    let request = request_of(&program, "account:read");
    let mut browser = world.browser();
    let page = browser.open(&request).await.expect(200);
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self' https://app.example;"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
    let to = browser.allow(&request, "ann@example.org").await;
    assert_eq!(to.origin().ascii_serialization(), "https://app.example");
    assert_eq!(parameter(&to, "from").as_deref(), Some("daybook"));
    assert_eq!(parameter(&to, "state").as_deref(), Some("a & <b> \"c\""));
    assert_eq!(
        parameter(&to, "iss").as_deref(),
        Some("http://shop.example")
    );
    let code = parameter(&to, "code").unwrap();
    let tokens = exchange(&world, &program, &code, VERIFIER)
        .await
        .expect(200);
    assert_eq!(tokens.header("cache-control"), "no-store");
    let tokens = tokens.json();
    assert_eq!(
        (&tokens["token_type"], &tokens["scope"]),
        (&json!("Bearer"), &json!("account:read"))
    );
    let me = bearer(&world, &tokens, "/v1/accounts/me").await.expect(200);
    assert_eq!(me.json()["email"], "ann@example.org");
    // What was not granted is not lent.
    bearer(&world, &tokens, "/v1/orders")
        .await
        .expect_problem(403, "insufficient-scope");
    let next = refresh(&world, &program, tokens["refresh_token"].as_str().unwrap()).await;
    let next = next.expect(200).json();
    assert_ne!(next["refresh_token"], tokens["refresh_token"]);
    bearer(&world, &next, "/v1/accounts/me").await.expect(200);
    // The used one comes back: whoever has it, the session is over for both.
    let replayed = refresh(&world, &program, tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(error_of(replayed, 400), "invalid_grant");
    let last = refresh(&world, &program, next["refresh_token"].as_str().unwrap()).await;
    assert_eq!(error_of(last, 400), "invalid_grant");
    bearer(&world, &next, "/v1/accounts/me")
        .await
        .expect_problem(401, "token-revoked");
    assert_eq!(refused_times(&world, "refresh-replay", 1).await, 1);
}

#[tokio::test]
async fn a_code_that_is_shown_again_ends_the_session_that_it_began() {
    let world = World::new().await;
    world.member("ann@example.org").await;
    let program = app(&world).await;
    let code = code(&world, &program).await;
    // Who has the code alone can do nothing with it.
    let without = exchange(&world, &program, &code, CHALLENGE).await;
    assert_eq!(error_of(without, 400), "invalid_grant");
    let tokens = exchange(&world, &program, &code, VERIFIER)
        .await
        .expect(200)
        .json();
    bearer(&world, &tokens, "/v1/accounts/me").await.expect(200);
    let again = exchange(&world, &program, &code, CHALLENGE).await;
    assert_eq!(error_of(again, 400), "invalid_grant");
    bearer(&world, &tokens, "/v1/accounts/me").await.expect(200);
    let again = exchange(&world, &program, &code, VERIFIER).await;
    assert_eq!(error_of(again, 400), "invalid_grant");
    bearer(&world, &tokens, "/v1/accounts/me")
        .await
        .expect_problem(401, "token-revoked");
    let next = refresh(&world, &program, tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(error_of(next, 400), "invalid_grant");
    assert_eq!(refused_times(&world, "code-replay", 1).await, 1);
    assert_eq!(refused_times(&world, "pkce-failed", 2).await, 2);
}

#[tokio::test]
async fn a_code_from_before_the_password_was_reset_is_worth_nothing() {
    let world = World::new().await;
    world.member("ann@example.org").await;
    let program = app(&world).await;
    let stolen = code(&world, &program).await;
    let body = json!({"email": "ann@example.org"});
    let asked = world.post_anonymously("/v1/password-resets", &body).await;
    asked.expect(202);
    let (_, token) = world.mailbox.link("ann@example.org").await;
    let form = [("token", token.as_str()), ("password", PASSWORD)];
    world.send_form("/reset", &form).await.expect(200);
    let refused = exchange(&world, &program, &stolen, VERIFIER).await;
    assert_eq!(error_of(refused, 400), "invalid_grant");
    let code = code(&world, &program).await;
    let tokens = exchange(&world, &program, &code, VERIFIER).await;
    tokens.expect(200);
}

#[tokio::test]
async fn of_two_who_show_a_code_at_once_none_keeps_a_session() {
    let world = World::new().await;
    world.member("ann@example.org").await;
    let program = app(&world).await;
    let code = code(&world, &program).await;
    let both = tokio::join!(
        exchange(&world, &program, &code, VERIFIER),
        exchange(&world, &program, &code, VERIFIER)
    );
    let answers = [both.0, both.1];
    let given: Vec<Value> = answers
        .iter()
        .filter(|a| a.status == 200)
        .map(Answer::json)
        .collect();
    assert_eq!(given.len(), 1);
    bearer(&world, &given[0], "/v1/accounts/me")
        .await
        .expect_problem(401, "token-revoked");
}

#[tokio::test]
async fn a_code_is_of_one_client() {
    let world = World::new().await;
    world.member("ann@example.org").await;
    let (program, other) = (app(&world).await, app(&world).await);
    let code = code(&world, &program).await;
    let stolen = exchange(&world, &other, &code, VERIFIER).await;
    assert_eq!(error_of(stolen, 400), "invalid_grant");
    let tokens = exchange(&world, &program, &code, VERIFIER)
        .await
        .expect(200)
        .json();
    let stolen = refresh(&world, &other, tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(error_of(stolen, 400), "invalid_grant");
    bearer(&world, &tokens, "/v1/accounts/me").await.expect(200);
    assert_eq!(refused_times(&world, "code-of-another", 1).await, 1);
}

#[tokio::test]
async fn without_pkce_or_with_plain_there_is_no_code() {
    let world = World::new().await;
    let program = app(&world).await;
    let request = || request_of(&program, "account:read");
    for request in [
        with(request(), "code_challenge", None),
        with(request(), "code_challenge_method", None),
        with(request(), "code_challenge_method", Some("plain")),
        with(request(), "code_challenge", Some("short")),
    ] {
        let to = world.browser().open(&request).await.expect(303);
        let to = url::Url::parse(to.header("location")).unwrap();
        assert!(
            to.as_str()
                .starts_with("https://app.example/back?from=daybook&")
        );
        assert_eq!(parameter(&to, "error").as_deref(), Some("invalid_request"));
        assert_eq!(parameter(&to, "state").as_deref(), Some("a & <b> \"c\""));
        assert!(parameter(&to, "code").is_none());
    }
    assert_eq!(refused_times(&world, "pkce-downgrade", 4).await, 4);
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let world = World::new().await;
    let program = app(&world).await;
    let hostile = [
        "https://evil.example/",
        "https://app.example/back",
        "https://app.example/back?from=daybook&x=y",
        "https://app.example.evil.example/back?from=daybook",
        "https://app.example@evil.example/back?from=daybook",
        "//evil.example",
        "javascript:alert(1)",
        "https://app.example/back?from=daybook#x",
        "https://app.example/back?from=daybook\r\nSet-Cookie: a=b",
    ];
    for uri in hostile {
        // Whatever else is wrong: there is no error that goes there either.
        for request in [
            with(
                request_of(&program, "account:read"),
                "redirect_uri",
                Some(uri),
            ),
            with(request_of(&program, "no:such"), "redirect_uri", Some(uri)),
        ] {
            let page = world.browser().open(&request).await.expect(400);
            assert!(!page.headers.contains_key("location"), "{uri}");
            assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        }
    }
    let nobody = with(
        request_of(&program, "account:read"),
        "client_id",
        Some("nobody"),
    );
    world.browser().open(&nobody).await.expect(400);
    let times = 2 * hostile.len() as u64;
    assert_eq!(
        refused_times(&world, "redirect-mismatch", times).await,
        times
    );
}

#[tokio::test]
async fn the_client_is_told_what_is_wrong_with_its_request() {
    let world = World::new().await;
    let program = app(&world).await;
    let request = || request_of(&program, "account:read");
    for (request, error) in [
        (
            with(request(), "response_type", Some("token")),
            "unsupported_response_type",
        ),
        (
            with(request(), "response_type", None),
            "unsupported_response_type",
        ),
        (
            with(request(), "scope", Some("orders:eat")),
            "invalid_scope",
        ),
        (
            with(request(), "scope", Some("ledger:read")),
            "invalid_scope",
        ),
        (
            with(request(), "state", Some(&"s".repeat(2_000))),
            "invalid_request",
        ),
    ] {
        let sent = world.browser().open(&request).await.expect(303);
        let to = url::Url::parse(sent.header("location")).unwrap();
        assert_eq!(parameter(&to, "error").as_deref(), Some(error));
        assert_eq!(
            parameter(&to, "iss").as_deref(),
            Some("http://shop.example")
        );
    }
    let mut twice = request();
    twice.push(("client_id", program.id.clone()));
    world.browser().open(&twice).await.expect(400);
}

#[tokio::test]
async fn a_person_may_say_no() {
    let world = World::new().await;
    world.member("ann@example.org").await;
    let program = app(&world).await;
    let mut browser = world.browser();
    let page = browser.open(&request_of(&program, "account:read")).await;
    let typed = [("email", "ann@example.org"), ("password", PASSWORD)];
    let page = browser.press(&page, "log-in", &typed).await.expect(200);
    assert!(page.text().contains("An App would be able to"));
    let again = hidden(&page.text());
    let sent = browser.press(&page, "deny", &[]).await.expect(303);
    let to = url::Url::parse(sent.header("location")).unwrap();
    assert_eq!(parameter(&to, "error").as_deref(), Some("access_denied"));
    // The form is used up: back and Allow is another beginning.
    let mut fields = again;
    fields.push(("answer".to_owned(), "allow".to_owned()));
    browser.send(&fields).await.expect(403);
}

#[tokio::test]
async fn a_form_of_another_site_another_request_or_another_browser_is_none() {
    let world = World::new().await;
    world.member("ann@example.org").await;
    let program = app(&world).await;
    let request = request_of(&program, "account:read");
    let mut browser = world.browser();
    let page = browser.open(&request).await;
    let typed = [("email", "ann@example.org"), ("password", PASSWORD)];
    // Without the cookie, and with another browser's.
    world
        .browser()
        .press(&page, "log-in", &typed)
        .await
        .expect(403);
    let mut other = world.browser();
    other.open(&request).await;
    other.press(&page, "log-in", &typed).await.expect(403);
    // For more than was asked.
    let mut fields = hidden(&page.text());
    for (name, value) in &mut fields {
        if name == "scope" {
            *value = "account:read orders:read".to_owned();
        }
    }
    fields.extend([
        ("email".to_owned(), "ann@example.org".to_owned()),
        ("password".to_owned(), PASSWORD.to_owned()),
    ]);
    browser.send(&fields).await.expect(403);
    // A form to log in is none to decide.
    browser.press(&page, "allow", &[]).await.expect(403);
    // And a wrong password leads back to the form, with no word about which was wrong.
    let wrong = [
        ("email", "ann@example.org"),
        ("password", "not the one at all"),
    ];
    let page = browser.press(&page, "log-in", &wrong).await.expect(401);
    let page = browser.press(&page, "log-in", &typed).await.expect(200);
    browser.press(&page, "allow", &[]).await.expect(303);
    assert_eq!(refused_times(&world, "form-forged", 4).await, 4);
}

#[tokio::test]
async fn whatever_a_client_is_called_or_sends_is_shown_as_text() {
    let world = World::new().await;
    let name = "</h1><script>alert(1)</script>\" onload=\"x";
    let body = json!({"name": name, "kind": "public", "redirect_uris": [BACK], "scopes": SCOPES});
    let made = world.post("/v1/clients", &body).await.expect(201).json();
    assert!(made.get("client_secret").is_none());
    let program = Program {
        id: made["id"].as_str().unwrap().to_owned(),
        secret: None,
    };
    let hostile = "\"><script>alert(2)</script>";
    let request = with(request_of(&program, "account:read"), "state", Some(hostile));
    let page = world.browser().open(&request).await.expect(200);
    assert!(!page.text().contains("<script"), "{}", page.text());
    let carried = hidden(&page.text());
    assert!(
        carried
            .iter()
            .any(|(name, value)| name == "state" && value == hostile)
    );
    let odd = anonymous(Method::GET, "/oauth/authorize?client_id=%22%3E%3Cscript%3E");
    let page = ask(&world.router, empty(odd)).await.expect(400);
    assert!(!page.text().contains("<script"));
}
