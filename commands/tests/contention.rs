//! Many buyers, few units, one process or two: exactly what is there is sold.

use commands::Commands;
use commands::executor::STATE_VERSION;
use futures::future::join_all;

use crate::world::{Shop, code, context, order_of, receive, sku, stock_id};

const BUYERS: usize = 10_000;
const UNITS: u32 = 137;

/// So many wait at once; the queue is larger, so that nobody is turned away.
const AT_ONCE: usize = 2_000;

async fn sell_out(shop: &Shop, processes: Vec<Commands>) {
    let wanted = sku("HOT-1");
    shop.sells(&processes[0], &wanted, 1_999, UNITS).await;
    let mut sold = 0;
    for round in 0..BUYERS / AT_ONCE {
        let orders = (0..AT_ONCE).map(|buyer| {
            let commands = &processes[(round + buyer) % processes.len()];
            commands.place_order(order_of(&[(&wanted, 1)]), context())
        });
        for outcome in join_all(orders).await {
            match &outcome {
                Ok(receipt) => {
                    assert_eq!(receipt.events, 2);
                    sold += 1;
                }
                refused => assert_eq!(code(refused), "out-of-stock"),
            }
        }
    }
    assert_eq!(sold, UNITS);
    assert_eq!(
        shop.count("OrderPlaced").await,
        i64::from(UNITS),
        "no event for the losers"
    );
    assert_eq!(shop.count("StockReserved").await, i64::from(UNITS));
    shop.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_buyers_one_process() {
    let shop = Shop::open().await;
    let processes = vec![shop.executor().await];
    sell_out(&shop, processes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_buyers_two_processes() {
    let shop = Shop::open().await;
    let processes = vec![shop.executor().await, shop.executor().await];
    sell_out(&shop, processes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_lose_nothing_on_one_stream() {
    const EACH: u32 = 400;
    let shop = Shop::open().await;
    let processes = [shop.executor().await, shop.executor().await];
    let wanted = sku("SHARED-1");
    shop.sells(&processes[0], &wanted, 100, 1).await;
    let receipts = processes
        .iter()
        .flat_map(|commands| (0..EACH).map(|_| receive(commands, &wanted, 3)));
    let mut versions: Vec<u64> = join_all(receipts)
        .await
        .into_iter()
        .map(|done| done.unwrap().version())
        .collect();
    versions.sort_unstable();
    assert_eq!(
        versions,
        (2..=u64::from(2 * EACH) + 1).collect::<Vec<_>>(),
        "each got a version of its own"
    );
    let stream = commands::StreamId::new("stock", stock_id(&wanted).to_string());
    let (state, _) = processes[1].state_of(&stream).await.unwrap();
    assert_eq!(
        state.as_stock().unwrap().on_hand(),
        u64::from(2 * EACH * 3 + 1)
    );
    // Off the write path, a snapshot is kept of so long a stream, and loading from it gives the same.
    daybook_tests::eventually(
        "a snapshot is kept",
        std::time::Duration::from_secs(10),
        async || {
            let kept = shop
                .journal
                .snapshots(std::slice::from_ref(&stream), STATE_VERSION)
                .await
                .unwrap();
            if kept.is_empty() {
                Err("none yet".to_owned())
            } else {
                Ok(())
            }
        },
    )
    .await;
    let (again, version) = shop.executor().await.state_of(&stream).await.unwrap();
    assert_eq!((again, version), (state, u64::from(2 * EACH) + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_received_is_sold_here_at_once() {
    let shop = Shop::open().await;
    let (here, there) = (shop.executor().await, shop.executor().await);
    let wanted = sku("NEAR-1");
    shop.sells(&here, &wanted, 100, 1).await;
    here.place_order(order_of(&[(&wanted, 1)]), context())
        .await
        .unwrap();
    for _ in 0..50 {
        // Known to be sold out here; received there; a rejection now would rely on an old version.
        assert_eq!(
            code(&here.place_order(order_of(&[(&wanted, 1)]), context()).await),
            "out-of-stock"
        );
        receive(&there, &wanted, 1).await.unwrap();
        here.place_order(order_of(&[(&wanted, 1)]), context())
            .await
            .unwrap();
    }
    shop.verify().await;
}
