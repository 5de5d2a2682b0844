//! Ten thousand buyers of one SKU: exactly what is there is sold, the rest get 409, and the losers leave no event.

use daybook_tests::{Http, Launch, Postgres, Server};
use futures::StreamExt;

use crate::shop::{journal, order_of, sells};

const BUYERS: usize = 10_000;
const UNITS: usize = 137;
const AT_ONCE: usize = 200;

async fn sell_out(postgres: &Postgres, servers: &[Server]) {
    let clients: Vec<Http> = servers.iter().map(Server::http).collect();
    sells(&clients[0], "HOT-1", 1_999, UNITS as u64).await;
    let body = order_of(&[("HOT-1", 1)]);
    let outcomes: Vec<(u16, Option<String>)> = futures::stream::iter(0..BUYERS)
        .map(|buyer| {
            let (http, body) = (&clients[buyer % clients.len()], &body);
            async move {
                let reply = http.post("/v1/orders", body).await;
                (reply.status, reply.code())
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let sold = outcomes.iter().filter(|(status, _)| *status == 201).count();
    let refused = outcomes
        .iter()
        .filter(|(status, code)| *status == 409 && code.as_deref() == Some("out-of-stock"))
        .count();
    assert_eq!((sold, refused), (UNITS, BUYERS - UNITS));
    // A product of three or four events, a receipt, and two events per order that was accepted.
    let events = journal(&clients[0]).await;
    let of_type = |name: &str| events.iter().filter(|event| event["type"] == name).count();
    assert_eq!(of_type("daybook.order.placed.v1"), UNITS);
    assert_eq!(of_type("daybook.stock.reserved.v1"), UNITS);
    assert!(events.len() <= 2 * UNITS + 6, "{} events", events.len());
    crate::complete_journey::assert_verified(postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn through_one_process() {
    let postgres = Postgres::fresh().await;
    let servers = [Launch::on(&postgres).start().await];
    sell_out(&postgres, &servers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn through_two_processes() {
    let postgres = Postgres::fresh().await;
    let servers = [
        Launch::on(&postgres).start().await,
        Launch::on(&postgres).role("api").start().await,
    ];
    sell_out(&postgres, &servers).await;
}
