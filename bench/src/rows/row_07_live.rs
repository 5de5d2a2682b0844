//! Live projections with checkpoints, beside cqrs-es' `GenericQuery` over postgres-es' view table.

use std::time::{Duration, Instant};

use anyhow::Result;
use daybook_tests::Postgres;
use journal::{Journal, READ_LIMIT_MAX, RecordedEvent, TailSource};
use projections::{Board, Projection, Runner};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::ground::{Ground, open_journal};
use crate::measure::{Bar, Case, by_turns};
use crate::seed::{Sales, Shop};
use crate::settings::Settings;

mod views;

use views::Views;

/// What the peer keeps too: a document per order.
const PROJECTION: &Projection = &projections::order_detail::PROJECTION;
const ALONE: &[&Projection] = &[PROJECTION];

/// A projection that has not caught up by then never will.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(120);

/// Row 7.
pub async fn run(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let database = ground.database().await;
    let journal = open_journal(&database).await?;
    let shop = Shop::new(settings.size(5_895, 500), Sales::Remote)?;
    let (_, head, _) = shop.sell(&journal, settings.size(200_000, 20_000)).await?;
    let waiting = Waiting {
        database: &database,
        journal: &journal,
        head,
    };
    let events = waiting.of_orders().await?;
    let cases = measure(settings, &waiting, &events).await?;
    database.finish().await;
    Ok(cases)
}

async fn measure(
    settings: &Settings,
    waiting: &Waiting<'_>,
    events: &[RecordedEvent],
) -> Result<Vec<Case>> {
    let of_orders = events.len();
    // Its rate does not depend on how many there are.
    let dispatched = &events[..of_orders.min(settings.size(5_000, 1_000))];
    let views = Views::open(waiting.database).await?;
    let ours = async || Ok(of_orders as f64 / waiting.post(ALONE).await?);
    let peer = async || views.dispatch(dispatched, 1).await;
    let (ours, peer) = by_turns(settings.rounds, ours, peer).await?;
    let mut cases = vec![Case {
        row: 7,
        case: "order_detail".into(),
        unit: "events/s",
        against: "GenericQuery, one event at a time",
        ours,
        peer,
        bar: Some((Bar::AtLeast, 30.0)),
        note: format!(
            "{of_orders} events of orders waiting among {} of the journal; only those of orders count. Rows and \
             checkpoint are one transaction, so it need not wait for the disk: what a crash takes back is posted again. \
             The peer has no checkpoint to begin again from, so it waits.",
            waiting.head
        ),
    }];
    let ours = async || Ok(of_orders as f64 / waiting.post(ALONE).await?);
    let peer = async || views.dispatch(dispatched, 16).await;
    let (ours, peer) = by_turns(settings.rounds, ours, peer).await?;
    cases.push(Case {
        row: 7,
        case: "order_detail, peer 16 wide".into(),
        unit: "events/s",
        against: "GenericQuery, 16 orders at a time",
        ours,
        peer,
        bar: None,
        note: "The same, with 16 commands of different orders dispatching at once.".into(),
    });
    let mut ours = Vec::new();
    let all = projections::projection::ALL;
    for _ in 0..settings.rounds {
        ours.push(waiting.head as f64 / waiting.post(all).await?);
    }
    cases.push(Case {
        row: 7,
        case: "all at once".into(),
        unit: "events/s",
        against: "",
        ours,
        peer: Vec::new(),
        bar: None,
        note: format!(
            "All {} events of the journal, until the last of the {} projections has posted the last of them.",
            waiting.head,
            all.len()
        ),
    });
    Ok(cases)
}

/// A journal whose events nobody has posted yet.
struct Waiting<'a> {
    database: &'a Postgres,
    journal: &'a Journal,
    head: u64,
}

impl Waiting<'_> {
    /// Those events that the peer is given.
    async fn of_orders(&self) -> Result<Vec<RecordedEvent>> {
        let (mut orders, mut after) = (Vec::new(), 0);
        while after < self.head {
            let events = self.journal.read_all(after, READ_LIMIT_MAX).await?;
            after += events.len() as u64;
            let of_orders = events
                .into_iter()
                .filter(|event| &*event.stream.aggregate_type == domain::order::TYPE);
            orders.extend(of_orders);
        }
        Ok(orders)
    }

    /// Posts everything into fresh tables; how many seconds it took from the runners' start until the last has caught up.
    async fn post(&self, projections: &'static [&'static Projection]) -> Result<f64> {
        self.forget().await?;
        let (board, shutdown) = (Board::new(), CancellationToken::new());
        let source = TailSource::new(self.journal.clone());
        let began = Instant::now();
        let runners = projections.iter().map(|projection| {
            let journal = self.journal.clone();
            let runner = Runner::new(journal, projection, source.clone(), Uuid::now_v7(), &board);
            tokio::spawn(runner.run(shutdown.clone()))
        });
        let runners: Vec<_> = runners.collect();
        for projection in projections {
            let mut progress = board.watch(projection.name);
            let caught_up = progress.wait_for(|progress| progress.low >= self.head);
            tokio::time::timeout(CAUGHT_UP_WITHIN, caught_up).await??;
        }
        let took = began.elapsed().as_secs_f64();
        shutdown.cancel();
        for runner in runners {
            runner.await?;
        }
        Ok(took)
    }

    /// A projection without a checkpoint begins at the beginning, with empty tables.
    async fn forget(&self) -> Result<()> {
        let pool = self.database.pool().await;
        sqlx::query("delete from projections.checkpoints")
            .execute(&pool)
            .await?;
        pool.close().await;
        Ok(())
    }
}
