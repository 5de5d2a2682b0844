//! What a stranger learns about who has an account: nothing from an answer, nothing from how long it takes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use daybook_tests::{Http, Postgres, Reply};
use serde_json::{Value, json};

use super::people::{House, PASSWORD, log_in, register};

/// Wrong passwords of one account; more would lock it.
const TRIES: usize = 5;

/// Accounts, and as many addresses that nobody has.
const ADDRESSES: usize = 24;

/// How far the medians may be apart on a machine that does other things meanwhile. On a quiet one it is below 5 %: see what this
/// prints, and `cargo run --release -p access --example log_in_timing` for the hashing alone.
const APART_MAX: f64 = 0.25;

/// Headers that differ between any two answers.
const OF_THE_MOMENT: [&str; 4] = ["date", "traceparent", "daybook-position", "etag"];

/// What of the answer a stranger can compare: status, headers, body, with ids and times left out.
fn comparable(reply: &Reply) -> (u16, BTreeMap<String, String>, Value) {
    let headers = reply.headers.iter().map(|(name, value)| {
        let value = match name.as_str() {
            name if OF_THE_MOMENT.contains(&name) || name.starts_with("ratelimit") => {
                "…".to_owned()
            }
            "location" => value.to_str().unwrap().split('/').map(of_no_id).collect(),
            _ => value.to_str().unwrap().to_owned(),
        };
        (name.to_string(), value)
    });
    let mut body = reply.json();
    without_ids(&mut body);
    (reply.status, headers.collect(), body)
}

fn of_no_id(text: &str) -> &str {
    if uuid::Uuid::try_parse(text).is_ok() {
        "…"
    } else {
        text
    }
}

fn without_ids(value: &mut Value) {
    match value {
        Value::String(text) if uuid::Uuid::try_parse(text).is_ok() => "…".clone_into(text),
        Value::Object(members) => {
            members.remove("trace_id");
            members.values_mut().for_each(without_ids);
        }
        Value::Array(items) => items.iter_mut().for_each(without_ids),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_nothing_from_the_answers() {
    let postgres = Postgres::fresh().await;
    let house = House::open(&postgres).await;
    let http = house.stranger();
    house.person("taken@example.org").await;
    register(&http, "waiting@example.org", PASSWORD)
        .await
        .expect(202);

    let free = comparable(&register(&http, "free@example.org", PASSWORD).await);
    for taken in [
        "taken@example.org",
        "waiting@example.org",
        "TAKEN@Example.ORG",
    ] {
        assert_eq!(
            comparable(&register(&http, taken, PASSWORD).await),
            free,
            "registering {taken}"
        );
    }
    // The owner of the address is told, and nobody else.
    let told = house.mails("taken@example.org", 2).await;
    assert!(!told.contains("/verify?token="), "{told}");

    let unknown = comparable(&log_in(&http, "nobody@example.org", "wrong-but-long-enough").await);
    assert_eq!(unknown.0, 401);
    for (email, password) in [
        ("taken@example.org", "wrong-but-long-enough"),
        ("waiting@example.org", "wrong-but-long-enough"),
        // The right one, of who has not opened the link yet.
        ("waiting@example.org", PASSWORD),
    ] {
        assert_eq!(
            comparable(&log_in(&http, email, password).await),
            unknown,
            "logging in as {email}"
        );
    }

    for (path, known, unknown) in [
        (
            "/v1/password-resets",
            "taken@example.org",
            "nobody@example.org",
        ),
        (
            "/v1/accounts/verification-mails",
            "waiting@example.org",
            "nobody@example.org",
        ),
    ] {
        let ask = async |email: &str| comparable(&http.post(path, &json!({"email": email})).await);
        let answer = ask(unknown).await;
        assert_eq!(answer.0, 202, "{path}: {answer:?}");
        assert_eq!(ask(known).await, answer, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_tries_lock_an_address_that_nobody_has_too() {
    let postgres = Postgres::fresh().await;
    let house = House::open(&postgres).await;
    let http = house.stranger();
    house.person("guessed@example.org").await;
    let mut answers = Vec::new();
    for email in ["guessed@example.org", "nobody@example.org"] {
        let mut of_email = Vec::new();
        for _ in 0..12 {
            let reply = log_in(&http, email, "wrong-but-long-enough").await;
            of_email.push((reply.status, reply.code()));
        }
        answers.push(of_email);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(
        answers[0][11].1.as_deref(),
        Some("account-locked"),
        "{answers:?}"
    );
    // And the right password is of no use while it is locked.
    let locked = log_in(&http, "guessed@example.org", PASSWORD).await;
    assert_eq!(
        locked.code().as_deref(),
        Some("account-locked"),
        "{}",
        locked.describe()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_takes_as_long_for_an_address_that_nobody_has() {
    let postgres = Postgres::fresh().await;
    let house = House::open(&postgres).await;
    let http = house.stranger();
    for number in 0..ADDRESSES {
        register(&http, &email("known", number), PASSWORD)
            .await
            .expect(202);
    }
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for round in 0..ADDRESSES * TRIES {
        let number = round % ADDRESSES;
        let pair = [("known", &mut known), ("unknown", &mut unknown)];
        // Which one goes first changes, and each is asked as often as the other.
        let (mut one, mut other) = pair.into();
        if round % 2 == 1 {
            std::mem::swap(&mut one, &mut other);
        }
        for (who, took) in [one, other] {
            took.push(refused_after(&http, &email(who, number)).await);
        }
    }
    let (known, unknown) = (median(known), median(unknown));
    let apart = known.as_secs_f64() / unknown.as_secs_f64() - 1.0;
    println!(
        "log-in refused after {known:?} with an account and {unknown:?} without (medians of {}), {:+.1} % apart",
        ADDRESSES * TRIES,
        apart * 100.0
    );
    assert!(apart.abs() < APART_MAX, "{known:?} against {unknown:?}");
}

fn email(who: &str, number: usize) -> String {
    format!("{who}-{number}@example.org")
}

async fn refused_after(http: &Http, email: &str) -> Duration {
    let asked = Instant::now();
    let reply = log_in(http, email, "wrong-but-long-enough").await;
    let took = asked.elapsed();
    assert_eq!(
        reply.code().as_deref(),
        Some("invalid-credentials"),
        "{}",
        reply.describe()
    );
    took
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
