//! A thousand checkouts on Postgres and Kafka while the workers are killed at random: at the end every order is at rest, our
//! books are the gateway's, and nobody was charged for a rejected order.

mod fold;

use std::path::Path;
use std::time::{Duration, Instant};

use daybook_tests::{Http, Kafka, Launch, Postgres, eventually};
use futures::StreamExt;
use processes::gateway::sandbox::{Plan, Sandbox, Settings};
use reqwest::Method;
use serde_json::json;

use self::fold::Shop;
use crate::complete_journey::assert_verified;
use crate::shop::{launch_with_kafka, order_of, sells};

const CHECKOUTS: u64 = 1_000;
const AT_ONCE: usize = 24;
const KILLS: u64 = 8;
const AT_REST_WITHIN: Duration = Duration::from_secs(420);

/// How a thousand customers pay: the card, and how many of a hundred have it.
const CARDS: [(&str, u64); 7] = [
    ("pm_card_visa", 52),
    ("pm_card_visa_chargeDeclined", 15),
    ("pm_sandbox_unknown", 12),
    ("pm_sandbox_slow", 10),
    ("pm_sandbox_captureFailsOnce", 5),
    ("pm_sandbox_refundFailsOnce", 3),
    ("pm_card_authenticationRequired", 3),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_checkouts_survive_the_death_of_their_workers() {
    let seed = std::env::var("DAYBOOK_SEED").ok();
    let seed = seed
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(clock_seed);
    println!("repeat with DAYBOOK_SEED={seed} cargo test -p daybook-tests --test e2e checkouts");
    let mut random = seed;
    let (postgres, kafka) = (Postgres::fresh().await, Kafka::fresh());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.jsonl");
    let launch = with_sandbox(launch_with_kafka(&postgres, &kafka), &file)
        .env("DAYBOOK_ORDER_HOLD_SECONDS", "60")
        .env("DAYBOOK_PAYMENT_EXTENSION_SECONDS", "15")
        .env("DAYBOOK_SANDBOX_FAULTS_PER_MILLE", "15");
    let front = launch.clone().role("api,relay,projections").start().await;
    let mut workers = [
        launch.clone().role("processes").start().await,
        launch.clone().role("processes").start().await,
    ];
    let http = front.http();
    // Some customers come too late for the second.
    sells(&http, "PLENTY", 1_999, 2 * CHECKOUTS).await;
    sells(&http, "SCARCE", 4_950, CHECKOUTS * 6 / 10).await;

    let customers: Vec<u64> = (0..CHECKOUTS).map(|_| next(&mut random)).collect();
    let placing = futures::stream::iter(customers)
        .map(|lot| buy(&http, lot))
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<()>>();
    let killing = async {
        for kill in 0..KILLS {
            let pause = Duration::from_millis(1_000 + next(&mut random) % 4_000);
            tokio::time::sleep(pause).await;
            let worker = &mut workers[usize::from(kill % 3 == 0)];
            worker.kill9().await;
            worker.restart().await;
        }
    };
    futures::join!(placing, killing);

    let mut shop = Shop::default();
    eventually("every order is at rest", AT_REST_WITHIN, async || {
        shop.catch_up(&http).await;
        shop.at_rest()
    })
    .await;
    let sandbox = open(&file);
    shop.agrees_with(&sandbox.books());
    let (confirmed, rejected) = (shop.count("confirmed"), shop.count("rejected"));
    println!(
        "{confirmed} confirmed, {rejected} rejected, {} cancelled",
        shop.count("cancelled")
    );
    assert!(confirmed > CHECKOUTS as usize / 3 && rejected > CHECKOUTS as usize / 10);
    // The ledger is posted through Kafka, and says the same.
    ledger_agrees(&http, shop.position, shop.captured - shop.refunded).await;
    assert_verified(&postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_takes_longer_than_the_hold_is_given_more_time_once() {
    let postgres = Postgres::fresh().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.jsonl");
    let server = with_sandbox(Launch::on(&postgres), &file)
        .env("DAYBOOK_ORDER_HOLD_SECONDS", "5")
        .env("DAYBOOK_PAYMENT_EXTENSION_SECONDS", "8")
        .start()
        .await;
    let http = server.http();
    sells(&http, "SLOWLY", 2_500, 2).await;
    let (patient, gone) = (ask_for_approval(&http).await, ask_for_approval(&http).await);

    // One comes back after the hold, within the time that was added; the other never does.
    let mut shop = Shop::default();
    eventually(
        "both holds are extended",
        Duration::from_secs(20),
        async || {
            shop.catch_up(&http).await;
            shop.all([&patient, &gone], |order| {
                order.extended == 1 && order.gateway_ref.is_some()
            })
        },
    )
    .await;
    let began = Instant::now();
    eventually(
        "the hold would have ended",
        Duration::from_secs(20),
        async || match began.elapsed() {
            waited if waited > Duration::from_secs(6) => Ok(()),
            waited => Err(format!("{waited:?}")),
        },
    )
    .await;
    shop.catch_up(&http).await;
    shop.all([&patient, &gone], |order| order.status == "placed")
        .unwrap();
    let name = shop.order(&patient).gateway_ref.clone().unwrap();
    approves(&http, &name).await;

    eventually("both are at rest", Duration::from_secs(60), async || {
        shop.catch_up(&http).await;
        shop.at_rest()
    })
    .await;
    assert_eq!(shop.order(&patient).status, "confirmed");
    assert_eq!(shop.order(&gone).status, "rejected");
    assert!(
        shop.all([&patient, &gone], |order| order.extended == 1)
            .is_ok()
    );
    shop.agrees_with(&open(&file).books());
    assert_eq!(shop.captured, 2_500);
    assert_verified(&postgres).await;
}

/// Places an order whose customer has to approve the payment; its id.
async fn ask_for_approval(http: &Http) -> String {
    let mut order = order_of(&[("SLOWLY", 1)]);
    order["payment"] = json!({"gateway": "sandbox", "method": "pm_card_authenticationRequired"});
    let placed = http.post("/v1/orders", &order).await.expect(201).json();
    placed["id"].as_str().unwrap().to_owned()
}

/// The customer opens the gateway's page and approves.
async fn approves(http: &Http, gateway_ref: &str) {
    let page = format!("/sandbox/payments/{gateway_ref}");
    let shown = http.get(&page).await.expect(200);
    assert!(shown.describe().contains("The shop asks for 25.00"));
    for (answer, status) in [("shrug", 400), ("approve", 200), ("approve", 404)] {
        let request = http.request(Method::POST, &page);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let reply = http.send(request.body(format!("answer={answer}"))).await;
        assert_eq!(reply.status, status, "{answer}: {}", reply.describe());
    }
}

fn with_sandbox(launch: Launch, file: &Path) -> Launch {
    launch.env("DAYBOOK_SANDBOX_FILE", file.to_string_lossy())
}

fn open(file: &Path) -> Sandbox {
    Sandbox::open(file, Settings::default(), Plan::none()).unwrap()
}

/// A customer: places an order, and some change their minds.
async fn buy(http: &Http, lot: u64) {
    let mut left = lot % 100;
    let card = CARDS.iter().find(|(_, share)| {
        let is_it = left < *share;
        left = left.saturating_sub(*share);
        is_it
    });
    let (card, _) = card.unwrap();
    let mut order = match lot / 100 % 3 {
        0 => order_of(&[("SCARCE", 1)]),
        1 => order_of(&[("PLENTY", 2)]),
        _ => order_of(&[("PLENTY", 1), ("SCARCE", 1)]),
    };
    order["payment"] = json!({"gateway": "sandbox", "method": card});
    let request = http.request(Method::POST, "/v1/orders");
    let request = request.header("idempotency-key", format!("buy-{lot}"));
    // Some wait for the outcome, whatever it is.
    let request = if (lot / 300).is_multiple_of(2) {
        request.header("prefer", "wait=2")
    } else {
        request
    };
    let placed = http.send(request.json(&order)).await;
    if placed.status == 409 {
        assert_eq!(
            placed.code().as_deref(),
            Some("out-of-stock"),
            "{}",
            placed.describe()
        );
        return;
    }
    assert!(matches!(placed.status, 201 | 402), "{}", placed.describe());
    let (true, true) = (placed.status == 201, (lot / 600).is_multiple_of(8)) else {
        return;
    };
    let id = placed.json()["id"].as_str().unwrap().to_owned();
    let reply = http
        .post(
            &format!("/v1/orders/{id}/cancellations"),
            &json!({"reason": "changed my mind"}),
        )
        .await;
    // It may have been rejected before.
    assert!(matches!(reply.status, 201 | 409), "{}", reply.describe());
}

async fn ledger_agrees(http: &Http, position: u64, clearing: i64) {
    let balance = eventually(
        "the ledger is posted",
        Duration::from_secs(60),
        async || {
            let reply = crate::shop::get_after(http, "/v1/ledger/trial-balance", position).await;
            if reply.status == 200 {
                Ok(reply.json())
            } else {
                Err(reply.describe())
            }
        },
    )
    .await;
    assert!(fold::is_balanced(&balance), "{balance}");
    assert_eq!(fold::clearing(&balance), clearing, "{balance}");
}

fn clock_seed() -> u64 {
    use std::hash::BuildHasher;
    std::hash::RandomState::new().hash_one(Instant::now())
}

/// splitmix64: enough for moments and lots.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
