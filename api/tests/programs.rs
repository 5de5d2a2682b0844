//! Programs on their own behalf: registered, let in by their secret, asked about, disabled; and what describes all of it.

use http::Method;
use serde_json::json;
use uuid::Uuid;

use crate::ask::{anonymous, ask, empty, post_as, request, with_json};
use crate::browser::{BACK, error_of};
use crate::security::{bearer, refused_times, with_token};
use crate::world::World;

#[tokio::test]
async fn a_machine_comes_in_by_its_secret_and_may_do_what_its_scopes_say() {
    let world = World::new().await;
    let machine = world
        .program("confidential", &[], &["orders:read", "stock:read"])
        .await;
    let secret = machine.secret.clone().unwrap();
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", &machine.id),
        ("client_secret", &secret),
    ];
    let all = world
        .oauth("/oauth/token", &fields)
        .await
        .expect(200)
        .json();
    assert_eq!(all["scope"], "orders:read stock:read");
    assert!(all.get("refresh_token").is_none());
    bearer(&world, &all, "/v1/stock").await.expect(200);
    bearer(&world, &all, "/v1/ledger/accounts")
        .await
        .expect_problem(403, "insufficient-scope");
    // In the header, and fewer scopes.
    let basic = data_encoding::BASE64.encode(format!("{}:{secret}", machine.id).as_bytes());
    let ask_for = |scope: &str| {
        let body = format!("grant_type=client_credentials&scope={scope}");
        let request = anonymous(Method::POST, "/oauth/token")
            .header("authorization", format!("Basic {basic}"))
            .header("content-type", "application/x-www-form-urlencoded");
        ask(&world.router, request.body(body.into()).unwrap())
    };
    let less = ask_for("stock:read").await.expect(200).json();
    assert_eq!(less["scope"], "stock:read");
    bearer(&world, &less, "/v1/orders")
        .await
        .expect_problem(403, "insufficient-scope");
    assert_eq!(error_of(ask_for("ledger:read").await, 400), "invalid_scope");
    assert_eq!(error_of(ask_for("orders:eat").await, 400), "invalid_scope");
}

#[tokio::test]
async fn who_does_not_prove_to_be_the_client_gets_nothing() {
    let world = World::new().await;
    let machine = world.program("confidential", &[], &["orders:read"]).await;
    let public = world.program("public", &[BACK], &["orders:read"]).await;
    let secret = machine.secret.clone().unwrap();
    let nobody = Uuid::now_v7().to_string();
    let refused: [(&str, &[(&str, &str)]); 5] = [
        (
            "invalid_client",
            &[("client_id", &machine.id), ("client_secret", "wrong")],
        ),
        ("invalid_client", &[("client_id", &machine.id)]),
        (
            "invalid_client",
            &[("client_id", &nobody), ("client_secret", &secret)],
        ),
        (
            "invalid_client",
            &[("client_id", &public.id), ("client_secret", &secret)],
        ),
        ("invalid_client", &[]),
    ];
    for (error, client) in refused {
        let fields = [&[("grant_type", "client_credentials")], client].concat();
        let answer = world.oauth("/oauth/token", &fields).await;
        assert!(answer.header("www-authenticate").starts_with("Basic "));
        assert_eq!(error_of(answer, 401), error);
    }
    let public = [
        ("grant_type", "client_credentials"),
        ("client_id", public.id.as_str()),
    ];
    assert_eq!(
        error_of(world.oauth("/oauth/token", &public).await, 400),
        "unauthorized_client"
    );
    let other = [
        ("grant_type", "password"),
        ("client_id", machine.id.as_str()),
    ];
    assert_eq!(
        error_of(world.oauth("/oauth/token", &other).await, 400),
        "unsupported_grant_type"
    );
    let twice = [("grant_type", "a"), ("grant_type", "b")];
    assert_eq!(
        error_of(world.oauth("/oauth/token", &twice).await, 400),
        "invalid_request"
    );
    let json = with_json(
        anonymous(Method::POST, "/oauth/token"),
        &json!({"grant_type": "x"}),
    );
    assert_eq!(
        error_of(ask(&world.router, json).await, 400),
        "invalid_request"
    );
    assert_eq!(refused_times(&world, "client-secret", 3).await, 3);
    assert_eq!(refused_times(&world, "client-unknown", 1).await, 1);
}

#[tokio::test]
async fn a_secret_is_told_once_to_each_request_and_the_last_one_counts() {
    let world = World::new().await;
    let body = json!({"name": "A Machine", "kind": "confidential", "scopes": ["stock:read"]});
    let first = post_as(&world.router, "/v1/clients", "one", &body)
        .await
        .expect(201);
    let again = post_as(&world.router, "/v1/clients", "one", &body)
        .await
        .expect(201);
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotency-replayed"), "true");
    let made = first.json();
    let path = format!("/v1/clients/{}", made["id"].as_str().unwrap());
    let rotate = format!("{path}/secret");
    let second = post_as(&world.router, &rotate, "two", &json!({}))
        .await
        .expect(200);
    let repeat = post_as(&world.router, &rotate, "two", &json!({}))
        .await
        .expect(200);
    assert_eq!(second.body, repeat.body);
    assert_ne!(second.json()["client_secret"], made["client_secret"]);
    let come_in = |secret: &serde_json::Value| {
        let fields = [
            ("grant_type".to_owned(), "client_credentials".to_owned()),
            (
                "client_id".to_owned(),
                made["id"].as_str().unwrap().to_owned(),
            ),
            (
                "client_secret".to_owned(),
                secret.as_str().unwrap().to_owned(),
            ),
        ];
        let world = &world;
        async move {
            let fields: Vec<_> = fields
                .iter()
                .map(|(n, v)| (n.as_str(), v.as_str()))
                .collect();
            world.oauth("/oauth/token", &fields).await
        }
    };
    assert_eq!(
        error_of(come_in(&made["client_secret"]).await, 401),
        "invalid_client"
    );
    come_in(&second.json()["client_secret"]).await.expect(200);
    let shown = world.get_after(&path, &second).await.expect(200);
    assert!(!shown.text().contains("secret\":\""), "{}", shown.text());
    assert_eq!(shown.json()["name"], "A Machine");
    let list = world
        .get_after("/v1/clients", &second)
        .await
        .expect(200)
        .json();
    assert_eq!(list["items"][0]["id"], made["id"]);
}

#[tokio::test]
async fn a_client_that_is_disabled_is_out_at_once_and_for_good() {
    let world = World::new().await;
    let machine = world.program("confidential", &[], &["stock:read"]).await;
    let secret = machine.secret.clone().unwrap();
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", machine.id.as_str()),
        ("client_secret", secret.as_str()),
    ];
    let tokens = world
        .oauth("/oauth/token", &fields)
        .await
        .expect(200)
        .json();
    bearer(&world, &tokens, "/v1/stock").await.expect(200);
    let path = format!("/v1/clients/{}", machine.id);
    let read = world.get(&path).await;
    let edit = |method: Method, path: &str, body: &serde_json::Value| {
        let request = request(method, path).header("if-match", "*");
        ask(&world.router, with_json(request, body))
    };
    let scopes = json!({"scopes": ["orders:read"]});
    edit(Method::PUT, &format!("{path}/scopes"), &scopes)
        .await
        .expect(200);
    let narrowed = world
        .oauth("/oauth/token", &fields)
        .await
        .expect(200)
        .json();
    assert_eq!(narrowed["scope"], "orders:read");
    let gone = request(Method::DELETE, &path).header("if-match", "*");
    let gone = ask(&world.router, empty(gone)).await.expect(200);
    bearer(&world, &tokens, "/v1/stock")
        .await
        .expect_problem(401, "token-revoked");
    assert_eq!(
        error_of(world.oauth("/oauth/token", &fields).await, 401),
        "invalid_client"
    );
    let shown = world.get_after(&path, &gone).await.expect(200).json();
    assert_eq!(shown["status"], "disabled");
    drop(read);
}

#[tokio::test]
async fn tokens_are_given_back_and_asked_about() {
    let world = World::new().await;
    let ann = world.member("ann@example.org").await;
    let machine = world.program("confidential", &[], &["stock:read"]).await;
    let secret = machine.secret.clone().unwrap();
    let client = [
        ("client_id", machine.id.as_str()),
        ("client_secret", secret.as_str()),
    ];
    let about = |token: &str| {
        let token = token.to_owned();
        let world = &world;
        async move {
            let fields = [&[("token", token.as_str())], &client[..]].concat();
            world
                .oauth("/oauth/introspect", &fields)
                .await
                .expect(200)
                .json()
        }
    };
    let told = about(ann.token()).await;
    assert_eq!(
        (&told["active"], &told["client_id"]),
        (&json!(true), &json!("daybook"))
    );
    assert_eq!(told["sub"], format!("account-{}", ann.id));
    assert_eq!(told["iss"], "http://shop.example");
    let refresh_token = ann.session["refresh_token"].as_str().unwrap();
    // Somebody else's refresh token, and what is none.
    for token in [refresh_token, "nothing", &format!("{}x", ann.token())] {
        assert_eq!(about(token).await, json!({"active": false}), "{token}");
    }
    let stranger = world
        .oauth("/oauth/introspect", &[("token", ann.token())])
        .await;
    assert_eq!(error_of(stranger, 401), "invalid_client");
    // Not by a client whose it is not.
    let theirs = [&[("token", refresh_token)], &client[..]].concat();
    assert_eq!(
        error_of(world.oauth("/oauth/revoke", &theirs).await, 400),
        "invalid_grant"
    );
    with_token(&world, ann.token(), "/v1/accounts/me")
        .await
        .expect(200);
    world
        .oauth("/oauth/revoke", &[("token", "nothing")])
        .await
        .expect(200);
    let own = [
        ("token", refresh_token),
        ("token_type_hint", "access_token"),
    ];
    world.oauth("/oauth/revoke", &own).await.expect(200);
    with_token(&world, ann.token(), "/v1/accounts/me")
        .await
        .expect_problem(401, "token-revoked");
    assert_eq!(about(ann.token()).await, json!({"active": false}));
}

#[tokio::test]
async fn the_shops_own_pages_refresh_without_a_client() {
    let world = World::new().await;
    let ann = world.member("ann@example.org").await;
    let token = ann.session["refresh_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let next = world
        .oauth("/oauth/token", &fields)
        .await
        .expect(200)
        .json();
    assert!(next.get("scope").is_none());
    bearer(&world, &next, "/v1/accounts/me").await.expect(200);
    let program = world.program("public", &[BACK], &["account:read"]).await;
    let token = next["refresh_token"].as_str().unwrap();
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", program.id.as_str()),
    ];
    assert_eq!(
        error_of(world.oauth("/oauth/token", &fields).await, 400),
        "invalid_grant"
    );
}

#[tokio::test]
async fn what_is_said_of_the_server_is_true() {
    let world = World::new().await;
    let oauth = world
        .get_anonymously("/.well-known/oauth-authorization-server")
        .await
        .expect(200);
    let openid = world
        .get_anonymously("/.well-known/openid-configuration")
        .await
        .expect(200);
    assert_eq!(oauth.body, openid.body);
    let said = oauth.json();
    assert_eq!(said["issuer"], "http://shop.example");
    assert_eq!(said["code_challenge_methods_supported"], json!(["S256"]));
    for (name, value) in said.as_object().unwrap() {
        let Some(path) = value
            .as_str()
            .and_then(|at| at.strip_prefix("http://shop.example/"))
        else {
            continue;
        };
        let answer = world.get_anonymously(&format!("/{path}")).await;
        assert_ne!(answer.status, 404, "{name}: {path}");
    }
    let jwks = world
        .get_anonymously("/.well-known/jwks.json")
        .await
        .expect(200);
    assert_eq!(jwks.header("cache-control"), "public, max-age=300");
    let key = &jwks.json()["keys"][0];
    assert_eq!((&key["alg"], &key["use"]), (&json!("EdDSA"), &json!("sig")));
    assert!(key.get("d").is_none());
}
