//! A journal whose rules were broken behind the door's back: `daybook verify` finds and names it.

mod goods;
mod money;
mod people;
mod plant;
mod sale;

use std::collections::BTreeSet;
use std::time::Duration;

use daybook_tests::{Cli, Launch, Postgres};
use serde_json::Value;

use crate::shop::{order_of, sells};
use plant::{Fact, Owner};
use sale::Sale;

const WITHIN: Duration = Duration::from_secs(60);

/// Every rule that there is. The names are promised: people look for them.
const RULES: [(u8, &str); 13] = [
    (1, "on-hand-covers-promised"),
    (2, "units-and-reservations-end-once"),
    (3, "line-units"),
    (4, "charged-for-stock-only"),
    (5, "money-moves-once"),
    (6, "amounts-sum"),
    (7, "books-balance"),
    (8, "unique-values"),
    (9, "concluded-by-deadline"),
    (10, "applied-once"),
    (11, "dense-numbers"),
    (12, "revoked-stays-revoked"),
    (13, "an-owner-remains"),
];

/// Whether `daybook verify` ended well, and its report.
async fn verify(postgres: &Postgres) -> (bool, Value) {
    let finished = Cli::new(["verify", "--json"])
        .env("DATABASE_URL", postgres.url())
        .run(WITHIN)
        .await;
    let report = serde_json::from_str(finished.last_line())
        .unwrap_or_else(|error| panic!("{error}: {} {}", finished.stdout, finished.stderr));
    (finished.status.success(), report)
}

/// A breach: its position, the rule's number and name, and its stream.
type Named = (i64, u8, String, String);

fn named(report: &Value) -> Vec<Named> {
    let breaches = report["breaches"].as_array().unwrap().iter();
    let named = breaches.map(|breach| {
        let (name, stream) = (&breach["name"], &breach["stream"]);
        (
            breach["position"].as_i64().unwrap(),
            breach["rule"].as_u64().unwrap().try_into().unwrap(),
            name.as_str().unwrap().to_owned(),
            stream.as_str().unwrap().to_owned(),
        )
    });
    let mut named: Vec<Named> = named.collect();
    named.sort();
    named
}

/// The shop is awake for ten minutes, in which deadlines pass and nothing else happens.
fn ten_minutes() -> Vec<Fact> {
    let receipts = (0..10).map(|_| Sale(1).received(1).a_minute_later());
    receipts.collect()
}

#[tokio::test]
async fn a_planted_breach_of_every_rule_is_found_and_named() {
    let postgres = Postgres::fresh().await;
    let migrated = Cli::new(["migrate"]).env("DATABASE_URL", postgres.url());
    assert!(migrated.run(WITHIN).await.status.success());
    let mut owner = Owner::of(&postgres).await;
    let stories = [goods::stories(), money::stories(), people::stories()].into_iter();
    let stories = stories.flatten().map(|story| (story.given, story.planted));
    let (given, planted): (Vec<_>, Vec<_>) = stories.unzip();

    // Given a journal that keeps every rule,
    let of_given = owner.writes(given.into_iter().flatten().collect()).await;
    assert_eq!(of_given, []);
    owner.writes(ten_minutes()).await;
    let (holds, report) = verify(&postgres).await;
    assert!(holds, "{report:#}");

    // when its owner writes into it what breaks each of them,
    let planted = owner.writes(planted.into_iter().flatten().collect()).await;
    owner.writes(ten_minutes()).await;
    let (holds, report) = verify(&postgres).await;

    // then every breach is named at its place, and nothing else is.
    let name_of = |rule| RULES.iter().find(|(number, _)| *number == rule).unwrap().1;
    let expected: Vec<Named> = planted
        .iter()
        .map(|(position, rule, stream)| (*position, *rule, name_of(*rule).into(), stream.clone()))
        .collect();
    assert_eq!(named(&report), expected, "{report:#}");
    assert_eq!(report["unreadable_total"], 0, "{report:#}");
    assert!(!holds && report["holds"] == false, "{report:#}");
    let broken: BTreeSet<u8> = planted.iter().map(|(_, rule, _)| *rule).collect();
    assert_eq!(broken, RULES.map(|(rule, _)| rule).into());
}

#[tokio::test]
async fn a_hole_left_by_a_deletion_is_found_and_named() {
    let postgres = Postgres::fresh().await;
    let server = Launch::on(&postgres).start().await;
    let http = server.http();
    sells(&http, "V-1", 100, 5).await;
    http.post("/v1/orders", &order_of(&[("V-1", 2)]))
        .await
        .expect(201);
    let (holds, report) = verify(&postgres).await;
    assert!(holds, "{report}");
    drop(server);

    let pool = postgres.pool().await;
    sqlx::raw_sql(
        "alter table journal.events disable trigger all;
         delete from journal.events where position = 2;
         alter table journal.events enable always trigger events_refuse_change;
         alter table journal.events enable always trigger events_refuse_truncate;",
    )
    .execute(&pool)
    .await
    .unwrap();
    let (holds, report) = verify(&postgres).await;
    assert!(!holds, "{report}");
    let is_after_the_hole = |breach: &Named| (breach.0, breach.1) == (3, 11);
    assert!(named(&report).iter().any(is_after_the_hole), "{report}");
}
