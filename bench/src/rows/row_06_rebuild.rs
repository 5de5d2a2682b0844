//! Rebuilding query tables: all of them beside postgres-es' `stream_all_events` folded in memory, and one of them beside SQL
//! that makes the same table within the server.

use std::time::{Duration, Instant};

use anyhow::Result;
use daybook_tests::Postgres;
use journal::Journal;
use projections::projection::ALL;

use crate::ground::{Ground, open_journal};
use crate::measure::{Bar, Case, by_turns};
use crate::seed::{Sales, Shop};
use crate::settings::Settings;

mod memory;
mod server_side;

/// Row 6.
pub async fn run(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let database = ground.database().await;
    let journal = open_journal(&database).await?;
    let shop = Shop::new(settings.size(5_895, 500), Sales::Mixed)?;
    let (shop, head, _) = shop.sell(&journal, settings.size(300_000, 20_000)).await?;
    settle(&database).await?;
    let mut cases = all_tables(settings, &database, &journal, head, shop.orders().len()).await?;
    cases.push(one_table(settings, &database, &journal, head).await?);
    database.finish().await;
    Ok(cases)
}

/// What autovacuum would have done by the time that somebody rebuilds.
async fn settle(database: &Postgres) -> Result<()> {
    let pool = database.pool().await;
    sqlx::query("vacuum analyze journal.events")
        .execute(&pool)
        .await?;
    pool.close().await;
    Ok(())
}

/// All of them, as `daybook projections rebuild --all` makes them.
async fn all_tables(
    settings: &Settings,
    database: &Postgres,
    journal: &Journal,
    head: u64,
    orders: usize,
) -> Result<Vec<Case>> {
    let mut each: Vec<Vec<f64>> = vec![Vec::new(); ALL.len()];
    let ours = async || {
        let began = Instant::now();
        for (_, rebuilt) in projections::rebuild_all(journal, |_, _| ()).await? {
            rebuilt?;
        }
        Ok(rate(head, began.elapsed()))
    };
    let peer = async || {
        let began = Instant::now();
        let folded = memory::fold(database).await?;
        let took = began.elapsed();
        anyhow::ensure!(folded == (head, orders), "the peer folded {folded:?}");
        Ok(rate(head, took))
    };
    let (ours, peer) = by_turns(settings.rounds, ours, peer).await?;
    for (projection, figures) in ALL.iter().zip(&mut each) {
        for _ in 0..settings.rounds {
            let rebuilt = projections::rebuild(journal, projection.name, |_| ()).await?;
            figures.push(rate(rebuilt.position, rebuilt.elapsed));
        }
    }
    let mut cases = vec![Case {
        row: 6,
        case: "all tables".into(),
        unit: "events/s",
        against: "postgres-es stream_all_events, folded in memory",
        ours,
        peer,
        bar: Some((Bar::AtLeast, 3.0)),
        note: format!(
            "{head} events of the sample's baskets. Ours: all {} projections, tables, indexes and swap included. \
             The peer folds every aggregate into a map and keeps no table.",
            ALL.len()
        ),
    }];
    for (projection, figures) in ALL.iter().zip(each) {
        cases.push(Case {
            row: 6,
            case: projection.name.into(),
            unit: "events/s",
            against: "",
            ours: figures,
            peer: Vec::new(),
            bar: None,
            note: "This table alone; counted are all events of the journal.".into(),
        });
    }
    Ok(cases)
}

/// `sales`, which SQL can make too.
async fn one_table(
    settings: &Settings,
    database: &Postgres,
    journal: &Journal,
    head: u64,
) -> Result<Case> {
    let mut sql = server_side::ServerSide::connect(database).await?;
    projections::rebuild(journal, server_side::PROJECTION.name, |_| ()).await?;
    sql.make().await?;
    sql.compare().await?;
    let ours = async || {
        let rebuilt = projections::rebuild(journal, server_side::PROJECTION.name, |_| ()).await?;
        Ok(rate(head, rebuilt.elapsed))
    };
    let peer = async || Ok(rate(head, sql.make().await?));
    let (ours, peer) = by_turns(settings.rounds, ours, peer).await?;
    Ok(Case {
        row: 6,
        case: "one table".into(),
        unit: "events/s",
        against: "insert … select … group by within the server",
        ours,
        peer,
        bar: Some((Bar::AtLeast, 1.5)),
        note: "sales: what is left of every order's lines after cancellations, and each SKU's category. Both make tables, \
               indexes and statistics, and were compared row by row; ours also keeps the channel of each payment."
            .into(),
    })
}

fn rate(events: u64, took: Duration) -> f64 {
    events as f64 / took.as_secs_f64()
}
