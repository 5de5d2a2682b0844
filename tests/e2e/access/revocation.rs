//! Two processes of one shop: what one of them revokes, the other refuses within a second.

use std::time::{Duration, Instant};

use daybook_tests::{Http, Postgres, Reply, Server, eventually};
use reqwest::Method;

use super::people::{House, PASSWORD, Session, log_in, noted};

/// The promise.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);

/// More than enough of them to meet every phase of what follows the journal.
const ROUNDS: usize = 20;

/// How long the other process went on taking the session after the end of it was answered.
async fn still_taken(other: &Http, session: &Session) -> Duration {
    let ended = Instant::now();
    let shown = session.on(other);
    loop {
        let reply = shown.get("/v1/accounts/me").await;
        let after = ended.elapsed();
        if reply.status == 401 {
            assert_eq!(
                reply.code().as_deref(),
                Some("token-revoked"),
                "{}",
                reply.describe()
            );
            return after;
        }
        assert_eq!(reply.status, 200, "{}", reply.describe());
        assert!(
            after < REFUSED_WITHIN,
            "the session is taken {after:?} after it ended"
        );
    }
}

async fn two_processes(postgres: &Postgres) -> (House, Server) {
    let house = House::open(postgres).await;
    let other = house.launch().role("api").start().await;
    (house, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ended_is_refused_on_the_other_process_within_a_second() {
    let postgres = Postgres::fresh().await;
    let (house, other) = two_processes(&postgres).await;
    let person = house.person("two-houses@example.org").await;
    let (http, other) = (house.stranger(), other.http());
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let session = Session::of(&log_in(&http, &person.email, PASSWORD).await.expect(201));
        session.on(&other).get("/v1/accounts/me").await.expect(200);
        let here = session.on(&http);
        let log_out = here.request(Method::DELETE, "/v1/sessions/current");
        here.send(log_out).await.expect(200);
        // Here it ends with the answer.
        here.get("/v1/accounts/me").await.expect(401);
        took.push(still_taken(&other, &session).await);
    }
    took.sort();
    println!(
        "refused on the other process after {:?} (median of {ROUNDS}), {:?} at most",
        took[ROUNDS / 2],
        took[ROUNDS - 1]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_everywhere_ends_what_other_processes_gave_out() {
    let postgres = Postgres::fresh().await;
    let (house, other) = two_processes(&postgres).await;
    let person = house.person("everywhere@example.org").await;
    let (http, other) = (house.stranger(), other.http());
    let elsewhere = log_in(&other.clone().with_token(None), &person.email, PASSWORD).await;
    let elsewhere = Session::of(&elsewhere.expect(201));
    elsewhere.on(&http).get("/v1/accounts/me").await.expect(200);
    let here = person.session.on(&http);
    here.send(here.request(Method::DELETE, "/v1/accounts/me/sessions"))
        .await
        .expect(200);
    still_taken(&other, &elsewhere).await;
    still_taken(&other, &person.session).await;
    refused(&elsewhere.refresh(&http).await);
    refused(&person.session.refresh(&other).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_shown_twice_ends_the_session_on_both_processes() {
    let postgres = Postgres::fresh().await;
    let (house, other) = two_processes(&postgres).await;
    let person = house.person("replayed@example.org").await;
    let (http, other) = (house.stranger(), other.http());
    let second = Session::of(&person.session.refresh(&http).await.expect(200));
    let third = Session::of(&second.refresh(&other).await.expect(200));
    third.on(&http).get("/v1/accounts/me").await.expect(200);

    // Whoever copied the first one shows it now, to the other process.
    refused(&person.session.refresh(&other).await);
    // The thief and the owner are both out: nobody can say which was which.
    still_taken(&http, &third).await;
    still_taken(&other, &third).await;
    refused(&third.refresh(&http).await);
    noted(&house.http(), &["refresh-replay"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refresh_token_shown_at_once_to_both_gives_one_session_at_most() {
    let postgres = Postgres::fresh().await;
    let (house, other) = two_processes(&postgres).await;
    let person = house.person("at-once@example.org").await;
    let (http, other) = (house.stranger(), other.http());
    let (one, two) = tokio::join!(
        person.session.refresh(&http),
        person.session.refresh(&other)
    );
    let good: Vec<&Reply> = [&one, &two]
        .into_iter()
        .filter(|reply| reply.status == 200)
        .collect();
    assert!(good.len() <= 1, "{} and {}", one.describe(), two.describe());
    // The second was a reuse, so what the first gave out is worth nothing.
    eventually("the family is revoked", REFUSED_WITHIN, async || {
        for reply in &good {
            let shown = Session::of(reply).on(&http).get("/v1/accounts/me").await;
            if shown.status != 401 {
                return Err(shown.describe());
            }
        }
        Ok(())
    })
    .await;
}

/// RFC 6749, section 5.2.
#[track_caller]
fn refused(reply: &Reply) {
    assert_eq!(reply.status, 400, "{}", reply.describe());
    assert_eq!(
        reply.json()["error"],
        "invalid_grant",
        "{}",
        reply.describe()
    );
}
