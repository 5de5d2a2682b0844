//! Waiting for what becomes of an order.

use std::time::{Duration, Instant};

use commands::order::OrderingCommand;
use commands::watch::Fate;
use commands::{CommandError, Commands};
use domain::order::RejectReason;
use domain::ordering::PlaceOrder;
use domain::value::OrderId;
use uuid::Uuid;

use crate::world::{Shop, context, keyed, order_of, sku};

/// Longer than anything here takes; a test that waits for it has missed something.
const LONG: Duration = Duration::from_secs(60);

fn placed_again(order: &PlaceOrder) -> PlaceOrder {
    PlaceOrder {
        order_id: OrderId::from(Uuid::now_v7()),
        ..order.clone()
    }
}

async fn decide(commands: &Commands, id: OrderId, command: OrderingCommand) {
    commands.ordering(id, command, context()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_woken_by_what_another_process_decides() {
    let shop = Shop::open().await;
    let (own, other) = (shop.executor().await, shop.executor().await);
    let sku = sku("W-1");
    shop.sells(&own, &sku, 100, 10).await;
    let began = Instant::now();
    let confirm = OrderingCommand::Confirm { authorized: None };
    let reject = OrderingCommand::Reject {
        reason: RejectReason::Timeout,
    };
    let cancel = OrderingCommand::Cancel { reason: None };
    let rejected = Fate::Rejected {
        reason: RejectReason::Timeout,
        code: None,
    };
    for (command, fate) in [
        (confirm, Fate::Confirmed),
        (reject, rejected),
        (cancel, Fate::Cancelled),
    ] {
        let order = order_of(&[(&sku, 1)]);
        let id = order.order_id;
        let watch = own.watch(id).unwrap();
        let receipt = own.place_order(order, context()).await.unwrap();
        let (concluded, ()) = tokio::join!(
            watch.concluded(&receipt, began + LONG),
            decide(&other, id, command)
        );
        let concluded = concluded.unwrap().unwrap();
        assert_eq!(concluded.fate, fate);
        let after = concluded.advance(receipt.clone());
        assert!(after.position > receipt.position && after.version() > receipt.version());
    }
    assert!(began.elapsed() < LONG, "it was waited for a deadline");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_hears_what_the_first_request_heard() {
    let shop = Shop::open().await;
    let commands = shop.executor().await;
    let sku = sku("W-1");
    shop.sells(&commands, &sku, 100, 10).await;
    let order = order_of(&[(&sku, 1)]);
    let receipt = commands
        .place_order(order.clone(), keyed("k", "b"))
        .await
        .unwrap();
    decide(
        &commands,
        order.order_id,
        OrderingCommand::Confirm { authorized: None },
    )
    .await;
    // The order goes on, and what became of its checkout stays what it was.
    decide(
        &commands,
        order.order_id,
        OrderingCommand::Cancel { reason: None },
    )
    .await;
    let repeat = placed_again(&order);
    let watch = commands.watch(repeat.order_id).unwrap();
    let again = commands.place_order(repeat, keyed("k", "b")).await.unwrap();
    assert_eq!((again.replayed, again.position), (true, receipt.position));
    let concluded = watch
        .concluded(&again, Instant::now() + LONG)
        .await
        .unwrap();
    assert_eq!(concluded.unwrap().fate, Fate::Confirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_outcome_the_wait_ends_at_its_deadline() {
    let shop = Shop::open().await;
    let commands = shop.executor().await;
    let sku = sku("W-1");
    shop.sells(&commands, &sku, 100, 10).await;
    let order = order_of(&[(&sku, 1)]);
    let watch = commands.watch(order.order_id).unwrap();
    let receipt = commands.place_order(order, context()).await.unwrap();
    let deadline = Instant::now() + Duration::from_millis(50);
    assert_eq!(watch.concluded(&receipt, deadline).await.unwrap(), None);
    assert!(Instant::now() >= deadline);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_what_was_never_an_order_is_a_defect() {
    let shop = Shop::open().await;
    let commands = shop.executor().await;
    let watch = commands.watch(OrderId::from(Uuid::now_v7())).unwrap();
    let receipt = commands::Receipt {
        position: 1,
        streams: vec![(commands::StreamId::new("stock", "A@main"), 1)],
        events: 1,
        replayed: false,
    };
    let outcome = watch.concluded(&receipt, Instant::now()).await;
    assert!(matches!(outcome, Err(CommandError::Defect)));
}
