//! Pages: walking a list forth and back meets every item once; wrong cursors are errors; and the
//! journal's own events, filtered.

use domain::ledger::Account;
use domain::payment::PaymentEvent;
use projections::{
    EventsFilter, LedgerFilter, ListingFilter, ListingSort, OrdersFilter, Page, PageQuery, Queries,
    QueryError,
};

use crate::shop::{Shop, text, usd};
use crate::world::{World, json, page};

async fn shop_world(seed: u64) -> World {
    let world = World::new().await;
    world.append(Shop::new(seed).history(400), 50).await;
    world.post_all().await;
    world
}

/// Walks forth to the end, then back to the start, and compares both walks with one long page.
async fn walk(list: impl AsyncFn(&PageQuery) -> Page) {
    let whole = list(&page(500)).await.items;
    assert!(whole.len() > 7, "{}", whole.len());
    let (mut forth, mut last) = (Vec::new(), list(&page(3)).await);
    assert_eq!(last.previous, None);
    loop {
        forth.extend(last.items.clone());
        let Some(after) = last.next.clone() else {
            break;
        };
        last = list(&PageQuery {
            after: Some(after),
            ..page(3)
        })
        .await;
    }
    assert_eq!(forth, whole);
    let mut back = last.items.clone();
    while let Some(before) = last.previous.clone() {
        last = list(&PageQuery {
            before: Some(before),
            ..page(3)
        })
        .await;
        back.splice(0..0, last.items.clone());
    }
    assert_eq!(back, whole);
}

#[tokio::test]
async fn every_list_is_walked_forth_and_back() {
    let world = shop_world(101).await;
    let queries = world.queries();
    walk(async |page| {
        queries
            .orders(&OrdersFilter::default(), page)
            .await
            .unwrap()
    })
    .await;
    walk(async |page| queries.stock_below(None, page).await.unwrap()).await;
    for sort in [
        ListingSort::Name,
        ListingSort::Price,
        ListingSort::PriceDescending,
        ListingSort::Newest,
    ] {
        let currency = Some(domain::value::Currency::USD);
        let filter = ListingFilter {
            sort: Some(sort),
            currency,
            ..ListingFilter::default()
        };
        walk(async |page| queries.product_listing(&filter, page).await.unwrap()).await;
    }
    let searched = ListingFilter {
        q: Some("thing".into()),
        ..ListingFilter::default()
    };
    walk(async |page| queries.product_listing(&searched, page).await.unwrap()).await;
}

#[tokio::test]
async fn lists_of_money_are_walked_forth_and_back() {
    let world = World::new().await;
    let mut shop = Shop::new(105);
    let mut commands = Vec::new();
    for _ in 0..10 {
        let id = shop.place("2017-01-01T00:00:00Z", None, None, &[("A", 1, 100, 0)]);
        shop.request_payment(id);
        let amount = usd(107);
        let capture_id = id.payment().capture(0);
        let captured = PaymentEvent::PaymentCaptured {
            capture_id,
            amount,
            gateway_ref: None,
        };
        shop.on_payment(id, PaymentEvent::CaptureRequested { capture_id, amount });
        shop.on_payment(id, captured);
        let (what, tried) = (text("it is odd"), text("nothing"));
        shop.on_payment(id, PaymentEvent::PaymentAttentionRaised { what, tried });
        commands.push(shop.command());
    }
    world.append(commands, 3).await;
    world.post_all().await;
    let queries = world.queries();
    walk(async |page| queries.attention(page).await.unwrap()).await;
    for account in [None, Some(Account::GatewayClearing)] {
        let filter = LedgerFilter {
            account,
            ..LedgerFilter::default()
        };
        walk(async |page| queries.ledger_entries(&filter, page).await.unwrap()).await;
    }
}

#[tokio::test]
async fn a_wrong_cursor_is_an_error() {
    let world = shop_world(102).await;
    let queries = world.queries();
    let orders = queries
        .orders(&OrdersFilter::default(), &page(2))
        .await
        .unwrap();
    let of_orders = orders.next.unwrap();
    let wrong = |cursor: &str| PageQuery {
        after: Some(cursor.to_owned()),
        ..page(2)
    };
    let listed = queries
        .product_listing(&ListingFilter::default(), &wrong(&of_orders))
        .await;
    assert!(
        matches!(listed, Err(QueryError::InvalidCursor)),
        "{listed:?}"
    );
    let long = "A".repeat(10_000);
    for cursor in [
        "",
        "x",
        "!!",
        "bnVsbA",
        "eyJsaXN0Ijoib3JkZXJzIiwia2V5IjpbOTk5OTk5OTk5OTk5OTk5OTk5LCIwIl19",
        &long,
    ] {
        let found = queries
            .orders(&OrdersFilter::default(), &wrong(cursor))
            .await;
        assert!(
            matches!(found, Err(QueryError::InvalidCursor)),
            "{cursor}: {found:?}"
        );
    }
    let both = PageQuery {
        before: Some(of_orders.clone()),
        ..wrong(&of_orders)
    };
    let found = queries.orders(&OrdersFilter::default(), &both).await;
    assert!(
        matches!(
            found,
            Err(QueryError::InvalidFilter {
                field: "before",
                ..
            })
        ),
        "{found:?}"
    );
    for limit in [0, 501] {
        let found = queries.orders(&OrdersFilter::default(), &page(limit)).await;
        assert!(
            matches!(found, Err(QueryError::InvalidFilter { field: "limit", .. })),
            "{found:?}"
        );
    }
}

async fn positions(queries: &Queries, after: u64, limit: u32, filter: &EventsFilter) -> Vec<u64> {
    let found = queries.events(after, limit, filter).await.unwrap();
    found
        .events
        .iter()
        .map(|event| json(event)["position"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn events_are_read_and_filtered() {
    let world = shop_world(103).await;
    let queries = world.queries();
    let all = world.journal.read_all(0, 10_000).await.unwrap();
    let head = queries.head().await.unwrap();
    assert_eq!(
        positions(&queries, 0, 5, &EventsFilter::default()).await,
        [1, 2, 3, 4, 5]
    );
    assert_eq!(
        positions(&queries, head, 5, &EventsFilter::default()).await,
        Vec::<u64>::new()
    );

    let busy = &all
        .iter()
        .max_by_key(|event| event.sequence)
        .unwrap()
        .stream;
    let of_stream: Vec<u64> = all
        .iter()
        .filter(|event| event.stream == *busy)
        .map(|event| event.position)
        .collect();
    let filter = EventsFilter {
        stream: Some(busy.to_string()),
        ..EventsFilter::default()
    };
    assert_eq!(positions(&queries, 0, 1_000, &filter).await, of_stream);
    for (index, position) in of_stream.iter().enumerate() {
        assert_eq!(
            positions(&queries, *position, 1_000, &filter).await,
            of_stream[index + 1..]
        );
        assert_eq!(
            positions(&queries, position - 1, 1, &filter).await,
            [*position]
        );
    }
    for wanted in ["OrderPlaced", "daybook.order.placed.v1"] {
        let filter = EventsFilter {
            event_type: Some(wanted.into()),
            ..EventsFilter::default()
        };
        let placed = all
            .iter()
            .filter(|event| event.event_type == "OrderPlaced")
            .count();
        assert_eq!(positions(&queries, 0, 1_000, &filter).await.len(), placed);
    }
    let nobody = EventsFilter {
        correlation: Some("nobody".into()),
        ..EventsFilter::default()
    };
    let found = queries.events(0, 10, &nobody).await.unwrap();
    assert_eq!((found.events.len(), found.scanned_through), (0, head));
    let odd = EventsFilter {
        stream: Some("order".into()),
        ..EventsFilter::default()
    };
    assert!(matches!(
        queries.events(0, 10, &odd).await,
        Err(QueryError::InvalidFilter {
            field: "stream",
            ..
        })
    ));
}

#[tokio::test]
async fn a_nul_in_a_filter_is_the_callers_mistake() {
    let world = shop_world(104).await;
    let queries = world.queries();
    let customer = Some("A\0B".to_owned());
    let found = queries
        .orders(
            &OrdersFilter {
                customer,
                ..OrdersFilter::default()
            },
            &page(2),
        )
        .await;
    assert!(
        matches!(found, Err(QueryError::InvalidFilter { .. })),
        "{found:?}"
    );
    let q = Some("A\0B".to_owned());
    let found = queries
        .product_listing(
            &ListingFilter {
                q,
                ..ListingFilter::default()
            },
            &page(2),
        )
        .await;
    assert!(
        matches!(found, Err(QueryError::InvalidFilter { .. })),
        "{found:?}"
    );
    let stream = Some("order-\0".to_owned());
    let found = queries
        .events(
            1,
            2,
            &EventsFilter {
                stream,
                ..EventsFilter::default()
            },
        )
        .await;
    assert!(
        matches!(found, Err(QueryError::InvalidFilter { .. })),
        "{found:?}"
    );
}
