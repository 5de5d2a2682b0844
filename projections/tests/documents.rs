//! Documents are kept in memory, and never older than what a reader asked for: while orders change under readers who ask
//! for them all the time, while workers are killed, and while another process takes the tables over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use domain::order::OrderEvent;
use domain::payment::PaymentEvent;
use domain::value::{OrderId, Prose};
use journal::TailSource;
use projections::{Board, Queries};
use uuid::Uuid;

use crate::shop::{Rng, Shop, text};
use crate::world::{CAUGHT_UP_WITHIN, Workers, World};

const NAME: &str = "order_detail";

fn worker(world: &World, board: &Board) -> Workers {
    let mut workers = Workers::default();
    let projection = projections::projection::find(NAME).unwrap();
    let source = TailSource::new(world.journal.clone());
    workers.add(world.runner_of_another_process(projection, &source, board));
    workers
}

/// Reads these orders over and over, so that they are fetched, kept and taken out at every moment.
async fn browse(queries: Queries, orders: Vec<OrderId>, done: Arc<AtomicBool>) {
    let mut rng = Rng::new(5);
    while !done.load(Ordering::Relaxed) {
        let _ = queries.order_detail(rng.pick(&orders).0).await;
        tokio::task::yield_now().await;
    }
}

/// The version and the revision that this process shows of an order once its tables are said to be at the journal's end.
async fn shown(world: &World, queries: &Queries, id: OrderId) -> (u64, u64) {
    let head = world.journal.head().await.unwrap();
    let deadline = Instant::now() + CAUGHT_UP_WITHIN;
    queries.wait_for(NAME, head, deadline).await.unwrap();
    let document = queries.order_detail(id.0).await.unwrap().unwrap();
    (document.version, document.revision)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_reader_sees_less_than_it_asked_for() {
    let world = World::new().await;
    let mut shop = Shop::new(81);
    world.append(shop.history(200), 20).await;
    let unpaid = shop.orders.iter().copied();
    let unpaid = unpaid.filter(|id| shop.states[id].placed().unwrap().paid.is_none());
    let orders: Vec<OrderId> = unpaid.take(5).collect();
    for id in &orders {
        shop.request_payment(*id);
    }
    // The worker of another process posts the same tables whenever it gets the lease.
    let elsewhere = Board::new();
    let mut rng = Rng::new(6);
    let mut workers = [worker(&world, &world.board), worker(&world, &elsewhere)];
    let done = Arc::new(AtomicBool::new(false));
    let browsing: Vec<_> = [&world.board, &elsewhere]
        .map(|board| {
            let queries = Queries::new(world.journal.clone(), board.clone());
            tokio::spawn(browse(queries, orders.clone(), done.clone()))
        })
        .into();
    let here = world.queries();
    let there = Queries::new(world.journal.clone(), elsewhere.clone());
    for round in 0..120 {
        let id = *rng.pick(&orders);
        if round % 2 == 0 {
            let note = Prose::new(format!("round {round}")).unwrap();
            shop.on_order(id, OrderEvent::OrderNoteAdded { note });
        } else {
            let auth_id = id.payment().authorization();
            let detail = text("time-out");
            shop.on_payment(
                id,
                PaymentEvent::AuthorizationOutcomeUnknown { auth_id, detail },
            );
        }
        world.append(vec![shop.command()], 1).await;
        let queries = if round % 3 == 0 { &there } else { &here };
        let (version, revision) = shown(&world, queries, id).await;
        assert!(version >= shop.version(id), "round {round}");
        assert!(revision >= shop.payment_version(id), "round {round}");
        if round % 20 == 19 {
            let side = round / 20 % 2;
            let board = if side == 0 { &world.board } else { &elsewhere };
            let next = worker(&world, board);
            std::mem::replace(&mut workers[side], next).kill();
        }
    }
    done.store(true, Ordering::Relaxed);
    for task in browsing {
        task.await.unwrap();
    }
    for workers in workers {
        workers.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_again_does_not_ask_the_database() {
    let world = World::new().await;
    let mut shop = Shop::new(82);
    world.append(shop.history(100), 20).await;
    let id = shop.orders[0];
    let workers = worker(&world, &world.board);
    let queries = world.queries();
    assert_eq!(shown(&world, &queries, id).await.0, shop.version(id));
    // Changed behind everybody's back: only who asks the database sees it.
    sqlx::query("update query.order_detail set version = version + 1000 where order_id = $1")
        .bind(id.0)
        .execute(&world.pool)
        .await
        .unwrap();
    assert_eq!(shown(&world, &queries, id).await.0, shop.version(id));
    // Without a worker in this process there is nobody to say what changed.
    workers.stop().await;
    let (version, _) = shown(&world, &queries, id).await;
    assert_eq!(version, shop.version(id) + 1000);
    assert_eq!(queries.order_detail(Uuid::nil()).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_at_once_get_each_their_own() {
    let world = World::new().await;
    let mut shop = Shop::new(83);
    world.append(shop.history(300), 50).await;
    world.post_all().await;
    // Nobody posts in this process, so nothing is kept: each of these is fetched, with the others that wait.
    let queries = Queries::new(world.journal.clone(), Board::new());
    let read = |id: OrderId| {
        let queries = queries.clone();
        tokio::spawn(async move { queries.order_detail(id.0).await })
    };
    let unknown = (0..200).map(|_| OrderId(Uuid::now_v7()));
    let ids: Vec<OrderId> = shop.orders.iter().copied().chain(unknown).collect();
    let tasks: Vec<_> = ids.iter().map(|id| read(*id)).collect();
    for (at, (id, task)) in ids.iter().zip(tasks).enumerate() {
        // Some go away; the others are answered all the same.
        if at % 3 == 0 {
            task.abort();
            continue;
        }
        let document = task.await.unwrap().unwrap();
        let version = document.as_ref().map_or(0, |document| document.version);
        assert_eq!(version, shop.version(*id), "{id}");
        let shown = document.map(|document| String::from_utf8(document.body.to_vec()).unwrap());
        assert!(shown.is_none_or(|body| body.contains(&id.to_string())));
    }
    // Whoever comes later begins anew.
    assert!(
        queries
            .order_detail(shop.orders[0].0)
            .await
            .unwrap()
            .is_some()
    );
}
