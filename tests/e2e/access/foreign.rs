//! Tokens of a real OIDC server: taken by its published keys, for what is lent to it, and for nobody else's purposes.

use std::time::Duration;

use daybook_tests::{Http, Issuer, Postgres, Reply, eventually, oidc_issuer};
use reqwest::Method;
use serde_json::json;

use super::people::{House, noted};

const AUDIENCE: &str = "urn:daybook";

/// A node fetches an issuer's keys at most every half minute.
const ROTATION_SEEN_WITHIN: Duration = Duration::from_secs(60);

async fn house(postgres: &Postgres, issuer: &str) -> House {
    let trusted =
        json!([{"issuer": issuer, "audience": AUDIENCE, "scopes": ["orders:read", "stock:read"]}]);
    House::open_as(postgres, |launch| {
        launch.env("DAYBOOK_FOREIGN_ISSUERS", trusted.to_string())
    })
    .await
}

/// A token of one of the server's three programs, each of which has an algorithm of its own.
async fn token(issuer: &str, program: &str, resource: &str, scope: &str) -> String {
    let http = Http::new(issuer).with_token(None);
    let request = http
        .request(Method::POST, "/token")
        .basic_auth(program, Some(format!("secret-of-{program}")))
        .form(&[
            ("grant_type", "client_credentials"),
            ("resource", resource),
            ("scope", scope),
        ]);
    let answer = http.send(request).await.expect(200).json();
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn orders(house: &House, token: &str) -> Reply {
    let http = house.http().with_token(Some(token));
    http.get("/v1/orders").await
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_a_real_issuer_are_taken_for_what_is_lent_to_it() {
    let postgres = Postgres::fresh().await;
    let issuer = oidc_issuer();
    let house = house(&postgres, &issuer).await;
    for program in ["till-rs256", "till-es256", "till-eddsa"] {
        let good = token(
            &issuer,
            program,
            AUDIENCE,
            "orders:read catalog:write unheard:of",
        )
        .await;
        orders(&house, &good).await.expect(200);
        // The token says so; the shop does not lend it to that issuer.
        let http = house.http().with_token(Some(&good));
        let product = json!({"name": "Sand", "slug": "sand"});
        let refused = http.post("/v1/products", &product).await.expect(403);
        assert_eq!(refused.code().as_deref(), Some("insufficient-scope"));
        let elsewhere = token(&issuer, program, "urn:elsewhere", "orders:read").await;
        orders(&house, &elsewhere).await.expect(401);
        let (signed, _) = good.rsplit_once('.').unwrap();
        orders(&house, &format!("{signed}.")).await.expect(401);
    }
    noted(&house.http(), &["token-audience", "token-signature"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_issuer_s_tokens_are_nobody_s() {
    let (postgres, stranger) = (Postgres::fresh().await, Issuer::start().await);
    let house = house(&postgres, &oidc_issuer()).await;
    let foreign = token(&stranger.url(), "till-es256", AUDIENCE, "orders:read").await;
    orders(&house, &foreign).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_s_new_keys_are_fetched_and_its_absence_is_survived() {
    let (postgres, mut issuer) = (Postgres::fresh().await, Issuer::start().await);
    let house = house(&postgres, &issuer.url()).await;
    let old = token(&issuer.url(), "till-es256", AUDIENCE, "orders:read").await;
    orders(&house, &old).await.expect(200);
    issuer.stop();
    orders(&house, &old).await.expect(200);
    // It comes back with other keys.
    issuer.restart().await;
    let new = token(&issuer.url(), "till-es256", AUDIENCE, "orders:read").await;
    eventually("the new keys are known", ROTATION_SEEN_WITHIN, async || {
        let reply = orders(&house, &new).await;
        if reply.status == 200 {
            Ok(())
        } else {
            Err(reply.describe())
        }
    })
    .await;
    // The keys that it took back are good for nothing.
    orders(&house, &old).await.expect(401);
}
