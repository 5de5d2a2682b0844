//! A request key takes effect at most once, and a repeat gets the receipt of the first.

use commands::CommandError;
use futures::future::join_all;

use crate::world::{Shop, code, keyed, order_of, sku};

#[tokio::test(flavor = "multi_thread")]
async fn one_key_a_hundred_times_at_once_is_one_effect() {
    let shop = Shop::open().await;
    let processes = [shop.executor().await, shop.executor().await];
    let wanted = sku("ONCE-1");
    shop.sells(&processes[0], &wanted, 500, 1_000).await;
    let requests = (0..100).map(|index| {
        // A new order id each time, as a client makes that lets the server choose.
        processes[index % 2].place_order(order_of(&[(&wanted, 2)]), keyed("k-1", "body"))
    });
    let receipts: Vec<_> = join_all(requests)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        receipts.iter().filter(|receipt| !receipt.replayed).count(),
        1
    );
    for receipt in &receipts {
        assert_eq!(
            (&receipt.streams, receipt.position),
            (&receipts[0].streams, receipts[0].position)
        );
    }
    assert_eq!(shop.count("OrderPlaced").await, 1);

    let other = processes[0]
        .place_order(order_of(&[(&wanted, 3)]), keyed("k-1", "other body"))
        .await;
    assert!(matches!(other, Err(CommandError::KeyReused)), "{other:?}");
    // After a restart the journal still knows.
    let restarted = shop.executor().await;
    let again = restarted
        .place_order(order_of(&[(&wanted, 2)]), keyed("k-1", "body"))
        .await
        .unwrap();
    assert!(again.replayed);
    assert_eq!(again.streams, receipts[0].streams);
    assert_eq!(shop.count("OrderPlaced").await, 1);
}

#[tokio::test]
async fn a_repeat_is_known_even_when_the_shop_would_now_refuse() {
    let shop = Shop::open().await;
    let commands = shop.executor().await;
    let wanted = sku("LAST-1");
    shop.sells(&commands, &wanted, 500, 1).await;
    let order = order_of(&[(&wanted, 1)]);
    let first = commands
        .place_order(order.clone(), keyed("k", "b"))
        .await
        .unwrap();
    // Sold out, and the order exists: only the key tells that this is the same request.
    let again = commands.place_order(order, keyed("k", "b")).await.unwrap();
    assert_eq!((again.position, again.replayed), (first.position, true));
}

#[tokio::test]
async fn a_refused_request_does_not_use_its_key_up() {
    let shop = Shop::open().await;
    let commands = shop.executor().await;
    let wanted = sku("LATER-1");
    shop.sells(&commands, &wanted, 500, 1).await;
    let refused = commands
        .place_order(order_of(&[(&wanted, 2)]), keyed("k", "b"))
        .await;
    assert_eq!(code(&refused), "out-of-stock");
    crate::world::receive(&commands, &wanted, 1).await.unwrap();
    assert!(
        !commands
            .place_order(order_of(&[(&wanted, 2)]), keyed("k", "b"))
            .await
            .unwrap()
            .replayed
    );
}
