//! Server and importer killed at random moments during the import, started again: the same figures, nothing twice.

use std::time::{Duration, Instant};

use daybook_tests::{Launch, Postgres};

use crate::complete_journey::{assert_sample, assert_verified, import, sample};
use crate::shop::journal;

/// Of each; the moments come from the seed, which is printed.
const KILLS: u64 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_is_started_again_and_comes_out_the_same() {
    let seed = std::env::var("DAYBOOK_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(clock_seed);
    println!("repeat with DAYBOOK_SEED={seed} cargo test -p daybook-tests --test e2e kills");
    let mut random = seed;
    let postgres = Postgres::fresh().await;
    let mut server = Launch::on(&postgres).start().await;
    let folder = tempfile::tempdir().unwrap();
    let rejects = folder.path().join("rejects.csv");
    let command = import(
        server.url(),
        &sample("products.csv.gz"),
        &sample("transactions.csv.gz"),
        &rejects,
    );
    for kill in 0..2 * KILLS {
        let mut importer = command.start();
        let pause = Duration::from_millis(200 + next(&mut random) % 2_500);
        let ended = tokio::time::timeout(pause, importer.wait(Duration::from_secs(3_600))).await;
        if let Ok(status) = ended {
            assert!(status.success(), "{}", importer.logs());
        }
        if kill % 2 == 0 {
            importer.kill9().await;
        }
        server.kill9().await;
        server.restart().await;
        if kill % 2 == 1 && importer.is_running() {
            // The importer lives through the server's absence and finishes.
            let status = importer.wait(Duration::from_secs(300)).await;
            assert!(status.success(), "{}", importer.logs());
        }
    }
    command.run(Duration::from_secs(300)).await.expect_success();
    assert_sample(&server).await;
    let events = journal(&server.http()).await;
    let placed = events
        .iter()
        .filter(|event| event["type"] == "daybook.order.placed.v1")
        .count();
    assert_eq!(placed, 1_000, "orders in the journal");
    assert_verified(&postgres).await;
}

fn clock_seed() -> u64 {
    use std::hash::BuildHasher;
    std::hash::RandomState::new().hash_one(Instant::now())
}

/// splitmix64: enough for moments.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
