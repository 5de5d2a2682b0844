//! An account that was erased: nobody finds a byte of the person again, and the shop's books are as they were.
//!
//! Mail that was sent is outside of Daybook (here: files in a folder), and so are backups; `docs/erasure.md` says what is to be
//! done about those.

use std::path::Path;
use std::time::Duration;

use daybook_tests::{Cli, Cluster, Http, Kafka, Postgres, eventually};
use reqwest::Method;
use serde_json::{Value, json};

use super::people::{House, PASSWORD, Session, log_in, register};
use super::secrets::{Needle, assert_none_of};
use super::traces;
use crate::shop::{caught_up, sells};

const WITHIN: Duration = Duration::from_secs(60);

/// All that is known of the person. Each is looked for as a whole and in its parts.
const EMAIL: &str = "wilhelmina.quackenbush@posteo.example";
const NAME: &str = "Wilhelmina Quackenbush-Übelacker";
const PHONE: &str = "+49 171 5550199";
const STREET: &str = "Zwölfgötterstraße 17";
const CITY: &str = "Obertraubling";

/// What is looked for.
fn personal() -> Vec<&'static str> {
    vec![
        EMAIL,
        NAME,
        PHONE,
        STREET,
        CITY,
        "quackenbush",
        "wilhelmina",
        "belacker",
        "posteo.example",
        "171 5550199",
        "1715550199",
        "tterstra",
        PASSWORD,
    ]
}

/// The person, with everything that a person can have: profile, second factor, orders, sessions, mail under way.
struct Customer {
    id: String,
    session: Session,
    order: String,
}

async fn customer(house: &House) -> Customer {
    let (http, stranger) = (house.http(), house.stranger());
    sells(&http, "ERASE-1", 1_250, 100).await;
    register(&stranger, EMAIL, PASSWORD).await.expect(202);
    let token = house.mailed(EMAIL, "verify").await;
    stranger
        .post("/v1/accounts/verifications", &json!({"token": token}))
        .await
        .expect(200);
    let session = Session::of(&log_in(&stranger, EMAIL, PASSWORD).await.expect(201));
    let own = session.on(&http);
    let profile = json!({
        "name": NAME, "phone": PHONE,
        "address": format!("{STREET}\n93083 {CITY}"),
    });
    let account = own.get("/v1/accounts/me").await.expect(200);
    let etag = account.header("etag").unwrap();
    own.edit(Method::PATCH, "/v1/accounts/me", etag, &profile)
        .await
        .expect(200);
    own.post("/v1/accounts/me/totp", &json!({"password": PASSWORD}))
        .await
        .expect(201);
    stranger
        .post("/v1/password-resets", &json!({"email": EMAIL}))
        .await
        .expect(202);
    house.mailed(EMAIL, "reset").await;
    let order = json!({
        "currency": "USD", "lines": [{"sku": "ERASE-1", "quantity": 3}],
        "payment": {"gateway": "sandbox", "method": "pm_card_visa"},
    });
    let request = own
        .request(Method::POST, "/v1/orders")
        .header("idempotency-key", "erase-1");
    let placed = own
        .send(request.header("prefer", "wait=20").json(&order))
        .await
        .expect(201);
    assert_eq!(
        placed.json()["status"],
        "confirmed",
        "{}",
        placed.describe()
    );
    let account = own.get("/v1/accounts/me").await.expect(200).json();
    assert_eq!(account["name"], NAME, "{account}");
    Customer {
        id: account["id"].as_str().unwrap().to_owned(),
        session,
        order: placed.header("location").unwrap().to_owned(),
    }
}

async fn erase(http: &Http, customer: &Customer) {
    let own = customer.session.on(http);
    let request = own
        .request(Method::DELETE, "/v1/accounts/me")
        .json(&json!({"password": PASSWORD}));
    own.send(request).await.expect(200);
}

/// What must not change: the order, the ledger, the balance.
async fn books(http: &Http, customer: &Customer) -> Vec<Value> {
    let mut books = Vec::new();
    for path in [
        customer.order.as_str(),
        "/v1/ledger/entries?limit=100",
        "/v1/ledger/trial-balance",
        "/v1/ledger/accounts",
    ] {
        let mut body = http.get(path).await.expect(200).json();
        // How far the table is, which goes on.
        if let Some(body) = body.as_object_mut() {
            body.remove("position");
        }
        books.push(body);
    }
    books
}

/// The money is taken, so that the books have all their entries.
async fn captured(http: &Http, customer: &Customer) {
    eventually("the money is taken", WITHIN, async || {
        let order = http.get(&customer.order).await;
        let taken = order.json()["totals"]["captured"]["minor"].as_i64() > Some(0);
        if taken { Ok(()) } else { Err(order.describe()) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_erased_account_is_found_anywhere() {
    let (postgres, kafka) = (Postgres::fresh().await, Kafka::fresh());
    let house = House::open_as(&postgres, |launch| {
        launch
            .kafka(&kafka)
            .env("DAYBOOK_KAFKA_TOPIC", kafka.topic("events"))
            .env(
                "RUST_LOG",
                "debug,rdkafka=info,librdkafka=info,hyper=info,sqlx=debug",
            )
    })
    .await;
    let (http, pool) = (house.http(), postgres.pool().await);
    let customer = customer(&house).await;
    captured(&http, &customer).await;
    caught_up(house.server(), WITHIN).await;
    let before = books(&http, &customer).await;
    assert_the_search_finds_what_is_there(&pool, &house.data()).await;

    erase(&http, &customer).await;
    caught_up(house.server(), WITHIN).await;

    for (table, rows) in traces::tables(&pool).await {
        assert_none_of(personal(), &rows, &format!("table {table}"));
    }
    assert_none_of(personal(), &traces::export(&http).await, "the export");
    let records = crate::shop::journal(&http).await.len();
    let topic = traces::topic(&kafka, &kafka.topic("events"), records).await;
    assert_none_of(personal(), &topic, "the topic");
    assert_none_of(personal(), &house.server().logs(), "the log");
    let keys = traces::keys(&pool, &house.data()).await;
    let opened = traces::deciphered(&pool, &keys).await;
    assert_none_of(personal(), &opened, "what the keys that are left open");
    println!(
        "{records} events, {} keys left, which open nothing of the person",
        keys.len()
    );

    assert_eq!(books(&http, &customer).await, before, "the books changed");
    gone(&house, &customer).await;
    let verified = Cli::new(["verify"])
        .env("DATABASE_URL", postgres.url())
        .run(WITHIN)
        .await;
    verified.expect_success();
}

/// Before the erasure the same search finds the person where they are: sealed, and nowhere else.
async fn assert_the_search_finds_what_is_there(pool: &sqlx::PgPool, data: &Path) {
    for (table, rows) in traces::tables(pool).await {
        assert_none_of(
            personal(),
            &rows,
            &format!("before the erasure, table {table}"),
        );
    }
    let opened = traces::deciphered(pool, &traces::keys(pool, data).await).await;
    let opened = opened.to_lowercase();
    for text in [EMAIL, NAME, PHONE, CITY] {
        assert!(
            Needle::new(text).found_in(&opened).is_some(),
            "the search does not find {text}"
        );
    }
}

/// Nobody logs in any more, no token serves, and the address is free again.
async fn gone(house: &House, customer: &Customer) {
    let (http, stranger) = (house.http(), house.stranger());
    customer
        .session
        .on(&http)
        .get("/v1/accounts/me")
        .await
        .expect(401);
    let refused = customer.session.refresh(&stranger).await.expect(400);
    assert_eq!(refused.json()["error"], "invalid_grant");
    let refused = log_in(&stranger, EMAIL, PASSWORD).await.expect(401);
    assert_eq!(refused.code().as_deref(), Some("invalid-credentials"));
    let account = http.get(&format!("/v1/accounts/{}", customer.id)).await;
    assert_none_of(personal(), &account.describe(), "what staff see of it");
    register(&stranger, EMAIL, PASSWORD).await.expect(202);
    let mails = house.mail(EMAIL).len();
    eventually("another account may have the address", WITHIN, async || {
        let now = house.mail(EMAIL);
        if now.len() > mails
            || now
                .last()
                .is_some_and(|mail| mail.contains("/verify?token="))
        {
            Ok(())
        } else {
            Err(format!("{} mails", now.len()))
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_files_hold_nothing_of_the_person_and_forget_the_key() {
    let cluster = Cluster::start().await;
    let postgres = Postgres::fresh_on(&cluster.url()).await;
    let house = House::open(&postgres).await;
    let (http, pool) = (house.http(), postgres.pool().await);
    let customer = customer(&house).await;
    captured(&http, &customer).await;
    let key: Vec<u8> =
        sqlx::query_scalar("select value from vault.secrets where kind = 'data-key' and key = $1")
            .bind(&customer.id)
            .fetch_one(&pool)
            .await
            .unwrap();
    sqlx::query("checkpoint").execute(&pool).await.unwrap();
    assert!(
        holds(&cluster.files().join("base"), &key),
        "the search does not find a key that is there"
    );

    erase(&http, &customer).await;
    // In clear the person never was in there, not even in the write-ahead log.
    sqlx::query("checkpoint").execute(&pool).await.unwrap();
    for file in files(&cluster.files()) {
        let bytes = std::fs::read(&file).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        assert_none_of(personal(), &text, &file.display().to_string());
    }
    // The wrapped key is gone from the table, and from the file with the next rewriting of the table.
    for statement in [
        "vacuum vault.secrets",
        "vacuum full vault.secrets",
        "checkpoint",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
        println!(
            "after {statement}: the wrapped key is in base: {}, in pg_wal: {}",
            holds(&cluster.files().join("base"), &key),
            holds(&cluster.files().join("pg_wal"), &key)
        );
    }
    assert!(
        !holds(&cluster.files().join("base"), &key),
        "the table's file still has the wrapped key"
    );
}

/// All files below a folder. Some go while one looks.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    assert!(!found.is_empty(), "{} has no files", folder.display());
    found
}

fn holds(folder: &Path, bytes: &[u8]) -> bool {
    files(folder).iter().any(|file| {
        let content = std::fs::read(file).unwrap_or_default();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}
