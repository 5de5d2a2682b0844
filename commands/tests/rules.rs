//! Uniqueness, versions, and the shop's rules as they come through the executor.

use commands::order::OrderingCommand;
use commands::{CommandError, Context};
use domain::ordering::ShipLines;
use domain::product::ProductCommand;
use domain::value::{Money, OrderId, ProductId, ShipmentId};
use uuid::Uuid;

use crate::world::{Shop, code, context, create, order_of, receive, sku, usd};

#[tokio::test]
async fn slugs_and_skus_are_unique_and_the_second_is_told_which() {
    let shop = Shop::open().await;
    let commands = shop.executor().await;
    let id = || ProductId::from(Uuid::now_v7());
    let (first, second, third) = (id(), id(), id());
    commands
        .product(first, create(first, "a", &sku("A-1"), 1), context())
        .await
        .unwrap();
    let same_slug = commands
        .product(second, create(second, "a", &sku("B-1"), 1), context())
        .await;
    assert_eq!(code(&same_slug), "slug-taken");
    let same_sku = commands
        .product(third, create(third, "c", &sku("A-1"), 1), context())
        .await;
    assert_eq!(code(&same_sku), "sku-taken");
    let Err(CommandError::Rejected(rejection)) = same_sku else {
        panic!()
    };
    assert_eq!(rejection.fields[0].pointer, "/variants/0/sku");
    assert_eq!(shop.count("ProductCreated").await, 1);
    // The claims of losers are free.
    commands
        .product(second, create(second, "b", &sku("B-1"), 1), context())
        .await
        .unwrap();
}

#[tokio::test]
async fn stock_is_received_of_known_skus_only() {
    let shop = Shop::open().await;
    let commands = shop.executor().await;
    assert_eq!(
        code(&receive(&commands, &sku("NOBODY"), 1).await),
        "not-found"
    );
}

#[tokio::test]
async fn an_edit_names_the_version_that_it_saw() {
    let shop = Shop::open().await;
    let commands = shop.executor().await;
    let id = shop.sells(&commands, &sku("E-1"), 100, 1).await;
    let price = |cents| ProductCommand::SetPrice {
        sku: sku("E-1"),
        price: Money::new(cents, usd()),
    };
    let seen = |version| Context {
        expected_version: Some(version),
        ..context()
    };
    let first = commands.product(id, price(200), seen(4)).await.unwrap();
    let late = commands.product(id, price(300), seen(4)).await;
    let Err(CommandError::VersionMismatch {
        expected: 4,
        current,
    }) = late
    else {
        panic!("{late:?}")
    };
    assert_eq!(current, first.version());
    // The same price again: nothing to do, and the receipt says where things stand.
    let nothing = commands.product(id, price(200), context()).await.unwrap();
    assert_eq!((nothing.events, nothing.version()), (0, current));
    assert!(nothing.position >= first.position);
}

#[tokio::test]
async fn an_order_goes_its_way_with_its_stock() {
    let shop = Shop::open().await;
    let commands = shop.executor().await;
    let (one, two) = (sku("W-1"), sku("W-2"));
    shop.sells(&commands, &one, 100, 5).await;
    shop.sells(&commands, &two, 200, 5).await;
    let order = order_of(&[(&one, 2), (&two, 1), (&one, 1)]);
    let id = order.order_id;
    let placed = commands.place_order(order, context()).await.unwrap();
    assert_eq!(
        placed.events, 3,
        "an order and two reservations: the same SKU is merged"
    );
    assert_eq!(placed.streams.len(), 3);

    let ship = || {
        OrderingCommand::Ship(ShipLines {
            shipment_id: ShipmentId::from(Uuid::now_v7()),
            lines: vec![],
            carrier: None,
            tracking: None,
        })
    };
    assert_eq!(
        code(&commands.ordering(id, ship(), context()).await),
        "order-state"
    );
    commands
        .ordering(id, OrderingCommand::Confirm { authorized: None }, context())
        .await
        .unwrap();
    commands.ordering(id, ship(), context()).await.unwrap();
    let cancel = OrderingCommand::Cancel { reason: None };
    assert_eq!(
        code(&commands.ordering(id, cancel.clone(), context()).await),
        "order-state"
    );

    let other = order_of(&[(&one, 2)]);
    let other_id = other.order_id;
    commands.place_order(other, context()).await.unwrap();
    assert_eq!(
        code(
            &commands
                .place_order(order_of(&[(&one, 1)]), context())
                .await
        ),
        "out-of-stock"
    );
    commands
        .ordering(other_id, cancel, context())
        .await
        .unwrap();
    commands
        .place_order(order_of(&[(&one, 2)]), context())
        .await
        .unwrap();
    shop.verify().await;
}

#[tokio::test]
async fn to_whom_reaches_only_their_own_what_is_anothers_is_not_there() {
    let shop = Shop::open().await;
    let commands = shop.executor().await;
    shop.sells(&commands, &sku("O-1"), 100, 9).await;
    let ask = async |id: OrderId, whose: &str, command: OrderingCommand| {
        let context = Context {
            only_of: Some(whose.into()),
            ..context()
        };
        commands.ordering(id, command, context).await
    };
    let cancel = || OrderingCommand::Cancel { reason: None };
    let mut order = order_of(&[(&sku("O-1"), 2)]);
    order.customer = Some("ada".parse().unwrap());
    let id = order.order_id;
    commands
        .place_order(order.clone(), context())
        .await
        .unwrap();
    let nobodys = order_of(&[(&sku("O-1"), 1)]);
    let guests = nobodys.order_id;
    commands.place_order(nobodys, context()).await.unwrap();

    let missing = ask(OrderId::from(Uuid::now_v7()), "eve", cancel()).await;
    for anothers in [
        ask(id, "eve", cancel()).await,
        ask(guests, "eve", cancel()).await,
        ask(id, "", cancel()).await,
    ] {
        assert_eq!(format!("{anothers:?}"), format!("{missing:?}"));
        assert_eq!(code(&anothers), "not-found");
    }
    // An id that is taken is not told of either, nor is a version.
    let again = Context {
        only_of: Some("eve".into()),
        expected_version: Some(7),
        ..context()
    };
    let again = commands.place_order(order, again).await;
    assert_eq!(code(&again), "not-found");
    ask(id, "ada", cancel()).await.unwrap();
}
