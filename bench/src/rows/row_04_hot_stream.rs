//! One stream that everybody writes to: goods come in for one stock item, a unit at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use domain::product::{CreateProduct, NewVariant, ProductCommand};
use domain::stock::{StockCommand, StockItem};
use domain::value::{Location, Quantity, Sku, StockId};
use uuid::Uuid;

use super::row_02_commands::catalogue::keyed;
use crate::ground::{Ground, Running, open_journal};
use crate::load::drive;
use crate::measure::{Bar, Case, by_turns};
use crate::peer::{self, Keeps, Store};
use crate::settings::Settings;

const WRITERS: usize = 64;

/// Stock items of "many streams", an equal share for each writer.
const ITEMS: usize = WRITERS * 32;

/// A way in which the peer takes part.
struct Peer {
    case: &'static str,
    against: &'static str,
    keeps: Keeps,
    bar: Option<f64>,
    note: &'static str,
}

const PEERS: [Peer; 2] = [
    Peer {
        case: "hot",
        against: "postgres-es with retries",
        keeps: Keeps::Events,
        bar: Some(300.0),
        note: "the peer reads the whole stream for each attempt, of which most are in vain; its stream is new in each round, \
               ours is not",
    },
    Peer {
        case: "hot, state kept",
        against: "postgres-es' aggregate store with retries",
        keeps: Keeps::State,
        bar: None,
        note: "the fastest that we found for the peer: it writes the state beside each event and reads no others",
    },
];

/// Row 4.
pub async fn run(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let database = ground.database().await;
    let journal = open_journal(&database).await?;
    let running = Running::start(&journal);
    open_items(&running).await?;
    ground.tidy(&database).await?;
    let store = Store::fresh(ground).await?;
    let mut cases = Vec::new();
    for peer in PEERS {
        let (ours, theirs) = by_turns(
            settings.rounds,
            async || ours(settings, &running, |_| 0).await,
            async || peers(settings, &store, peer.keeps).await,
        )
        .await?;
        cases.push(Case {
            row: 4,
            case: peer.case.into(),
            unit: "commands/s",
            against: peer.against,
            ours,
            peer: theirs,
            bar: peer.bar.map(|bar| (Bar::AtLeast, bar)),
            note: format!("{WRITERS} writers; {}", peer.note),
        });
    }
    let (hot, many) = by_turns(
        settings.rounds,
        async || ours(settings, &running, |_| 0).await,
        async || {
            let own = |writer| writer + WRITERS * fastrand::usize(0..ITEMS / WRITERS);
            ours(settings, &running, own).await
        },
    )
    .await?;
    cases.push(Case {
        row: 4,
        case: "own many streams".into(),
        unit: "commands/s",
        against: "Daybook with many streams",
        ours: hot,
        peer: many,
        bar: Some((Bar::AtLeast, 0.8)),
        note: format!("{WRITERS} writers; one stock item beside {ITEMS}"),
    });
    running.stop().await;
    store.pool().close().await;
    Ok(cases)
}

fn item(number: usize) -> StockId {
    let sku = Sku::new(format!("SKU-{number}")).expect("well-formed");
    StockId::new(sku, Location::default())
}

fn receive(stock_id: StockId) -> StockCommand {
    StockCommand::ReceiveStock {
        stock_id,
        quantity: Quantity::new(1).expect("one is a quantity"),
        reference: None,
    }
}

/// Products for the SKUs, without which nothing can be received, and the items.
async fn open_items(running: &Running) -> Result<()> {
    for product in 0..ITEMS / WRITERS {
        let id = Uuid::now_v7();
        let variant = |number| NewVariant::new(item(number).sku, Vec::new());
        let variants = product * WRITERS..(product + 1) * WRITERS;
        let create = ProductCommand::CreateProduct(CreateProduct {
            product_id: id.into(),
            slug: format!("product-{product}").parse()?,
            name: "A product".parse()?,
            category: Vec::new(),
            brand: None,
            description: None,
            variants: variants.clone().map(variant).collect(),
            published: false,
        });
        running.commands.product(id.into(), create, keyed()).await?;
        let opened = variants.map(|number| {
            let id = item(number);
            async move {
                running
                    .commands
                    .stock(&id, receive(id.clone()), keyed())
                    .await
            }
        });
        futures::future::try_join_all(opened).await?;
    }
    Ok(())
}

/// Ours, each command to the item that `pick` names for its writer.
async fn ours(
    settings: &Settings,
    running: &Running,
    pick: impl Fn(usize) -> usize + Send + Sync + 'static,
) -> Result<f64> {
    let commands = running.commands.clone();
    drive(settings, WRITERS, move |writer, _| {
        let (commands, id) = (commands.clone(), item(pick(writer)));
        async move {
            commands.stock(&id, receive(id.clone()), keyed()).await?;
            Ok(())
        }
    })
    .await
}

/// The peer, on an item that is new in each round.
async fn peers(settings: &Settings, store: &Store, keeps: Keeps) -> Result<f64> {
    static ITEM: AtomicUsize = AtomicUsize::new(0);
    let id = item(ITEM.fetch_add(1, Ordering::Relaxed));
    let items = Arc::new(store.framework::<StockItem>(keeps));
    drive(settings, WRITERS, move |_, _| {
        let (items, id) = (Arc::clone(&items), id.clone());
        async move { Ok(peer::execute(&items, &id.to_string(), receive(id.clone())).await?) }
    })
    .await
}
