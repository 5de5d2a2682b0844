//! How cost grows: the same work on a journal of a hundred thousand events, of a million, of ten million.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use daybook_tests::Postgres;
use domain::order::OrderCommand;
use domain::value::OrderId;
use hdrhistogram::Histogram;
use journal::Journal;
use projections::{Board, Projection, Queries};
use tokio::task::JoinSet;

use crate::ground::{Ground, Running, open_journal};
use crate::measure::{Bar, Case};
use crate::seed::{Sales, Shop};
use crate::settings::Settings;

/// The table that is rebuilt, and then read.
const PROJECTION: &Projection = &projections::order_detail::PROJECTION;

/// How many events the largest journal of the whole run has; `DAYBOOK_BENCH_EVENTS` says otherwise.
const EVENTS_MAX: u64 = 10_000_000;

/// Commands on their way at once.
const WRITERS: usize = 64;

/// Reads on their way at once: as many as there are cores, so that what is measured is a read and not a queue.
const READERS: usize = 2;

/// Longer, and what the commands append themselves would make the smallest journal another one.
const COMMANDS_MEASURED_MAX: Duration = Duration::from_secs(1);

/// A journal of one size, and what was found on it, each round's figure.
struct Point {
    events: u64,
    journal: Journal,
    orders: Vec<OrderId>,
    commands: Vec<f64>,
    command_p99: Vec<f64>,
    rebuild: Vec<f64>,
    query_p99: Vec<f64>,
    // Dropped last: it drops the database.
    _database: Postgres,
}

/// Row 12.
///
/// All journals are there before any is measured, and each round measures all of them: a machine that slows down slows
/// the small and the large one.
pub async fn run(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let mut points = Vec::new();
    for events in sizes(settings)? {
        points.push(Point::seed(settings, ground, events).await?);
    }
    for round in 0..settings.rounds {
        for at in 0..points.len() {
            let at = if round % 2 == 0 {
                at
            } else {
                points.len() - 1 - at
            };
            points[at].measure(settings).await?;
        }
    }
    cases(&points)
}

fn sizes(settings: &Settings) -> Result<Vec<u64>> {
    if settings.quick {
        return Ok(vec![10_000, 100_000]);
    }
    let largest = match std::env::var("DAYBOOK_BENCH_EVENTS") {
        Ok(text) => text.parse().context("DAYBOOK_BENCH_EVENTS is a number")?,
        Err(_) => EVENTS_MAX,
    };
    let mut sizes = vec![100_000, 1_000_000, largest];
    sizes.retain(|size| *size <= largest);
    sizes.dedup();
    ensure!(sizes.len() > 1, "growth needs more than {largest} events");
    Ok(sizes)
}

/// What autovacuum and the checkpointer would have done by the time that a journal has so many events.
async fn settle(database: &Postgres) -> Result<()> {
    let pool = database.pool().await;
    for statement in ["vacuum analyze journal.events", "checkpoint"] {
        sqlx::query(statement).execute(&pool).await?;
    }
    pool.close().await;
    Ok(())
}

impl Point {
    async fn seed(settings: &Settings, ground: &Ground, events: u64) -> Result<Self> {
        let database = ground.database().await;
        let journal = open_journal(&database).await?;
        let shop = Shop::new(settings.size(5_895, 500), Sales::Mixed)?;
        let (shop, head, took) = shop.sell(&journal, events).await?;
        settle(&database).await?;
        eprintln!("  {head} events in {took:.0?}");
        Ok(Self {
            events,
            journal,
            orders: shop.orders().to_vec(),
            commands: Vec::new(),
            command_p99: Vec::new(),
            rebuild: Vec::new(),
            query_p99: Vec::new(),
            _database: database,
        })
    }

    async fn measure(&mut self, settings: &Settings) -> Result<()> {
        let rebuilt = projections::rebuild(&self.journal, PROJECTION.name, |_| ()).await?;
        self.rebuild
            .push(rebuilt.position as f64 / rebuilt.elapsed.as_secs_f64());
        self.query_p99
            .push(query(settings, &self.journal, &self.orders).await?);
        let running = Running::start(&self.journal);
        let (rate, p99) = command(settings, &running, &self.orders).await?;
        running.stop().await;
        self.commands.push(rate);
        self.command_p99.push(p99);
        Ok(())
    }
}

/// Notes on orders from all over the journal: commands a second, and p99 in milliseconds.
async fn command(settings: &Settings, running: &Running, orders: &[OrderId]) -> Result<(f64, f64)> {
    // As many at every size: it is the journal that grows, not the load.
    let streams = settings.size(1_024, 128);
    let apart = (orders.len() / streams).max(1);
    let targets: Arc<[OrderId]> = orders
        .iter()
        .step_by(apart)
        .take(streams)
        .copied()
        .collect();
    let commands = running.commands.clone();
    let note = move |writer: usize, number: usize| {
        let (commands, targets) = (commands.clone(), Arc::clone(&targets));
        async move {
            let id = targets[(number * WRITERS + writer) % targets.len()];
            let context = commands::Context {
                actor: "service:bench".into(),
                ..commands::Context::default()
            };
            let note = OrderCommand::AddNote {
                note: "called".parse()?,
            };
            commands.order(id, note, context).await?;
            Ok(())
        }
    };
    let measured = settings.measure.min(COMMANDS_MEASURED_MAX);
    let latencies = side_by_side(WRITERS, settings.warm_up, measured, note).await?;
    let rate = latencies.len() as f64 / measured.as_secs_f64();
    Ok((rate, p99_ms(&latencies)))
}

/// Orders by id, any of the journal: p99 in milliseconds.
async fn query(settings: &Settings, journal: &Journal, orders: &[OrderId]) -> Result<f64> {
    let queries = Queries::new(journal.clone(), Board::new());
    let orders: Arc<[OrderId]> = orders.into();
    let read = move |_, _| {
        let (queries, orders) = (queries.clone(), Arc::clone(&orders));
        async move {
            let id = orders[fastrand::usize(..orders.len())];
            let found = queries.order_detail(id.0).await?;
            ensure!(found.is_some(), "order {id} is not in the table");
            Ok(())
        }
    };
    let latencies = side_by_side(READERS, settings.warm_up, settings.measure, read).await?;
    Ok(p99_ms(&latencies))
}

/// So many workers, each doing one thing after the other; how long those took that began after the warm-up, in microseconds.
/// `work` is told which worker it is, and how often it was called by it.
async fn side_by_side<F>(
    workers: usize,
    warm_up: Duration,
    measured: Duration,
    work: impl Fn(usize, usize) -> F + Clone + Send + 'static,
) -> Result<Histogram<u64>>
where
    F: Future<Output = Result<()>> + Send,
{
    let from = Instant::now() + warm_up;
    let mut running = JoinSet::new();
    for worker in 0..workers {
        let work = work.clone();
        running.spawn(async move {
            let mut latencies = Histogram::<u64>::new(3)?;
            for number in 0.. {
                let began = Instant::now();
                if began >= from + measured {
                    break;
                }
                work(worker, number).await?;
                if began >= from {
                    latencies.record(u64::try_from(began.elapsed().as_micros())?.max(1))?;
                }
            }
            Ok::<_, anyhow::Error>(latencies)
        });
    }
    let mut all = Histogram::<u64>::new(3)?;
    while let Some(ended) = running.join_next().await {
        all.add(ended??)?;
    }
    Ok(all)
}

fn p99_ms(latencies: &Histogram<u64>) -> f64 {
    latencies.value_at_quantile(0.99) as f64 / 1_000.0
}

/// What is asked at each size: its name, its unit, what growing by half is for it, and its figures.
type Asked = (
    &'static str,
    &'static str,
    (Bar, f64),
    &'static str,
    fn(&Point) -> &Vec<f64>,
);

const ASKED: [Asked; 4] = [
    (
        "commands/s",
        "commands/s",
        (Bar::AtLeast, 1.0 / 1.5),
        "64 writers in process add notes to the same number of orders from all over the journal. Each round leaves its own events there.",
        |point| &point.commands,
    ),
    (
        "commands p99",
        "ms",
        (Bar::AtMost, 1.5),
        "Of the same commands.",
        |point| &point.command_p99,
    ),
    (
        "rebuild",
        "events/s",
        (Bar::AtLeast, 1.0 / 1.5),
        "order_detail from the whole journal.",
        |point| &point.rebuild,
    ),
    (
        "query p99",
        "ms",
        (Bar::AtMost, 1.5),
        "order_detail by id through the library, two readers, any order of the journal.",
        |point| &point.query_p99,
    ),
];

fn cases(points: &[Point]) -> Result<Vec<Case>> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        anyhow::bail!("nothing was measured");
    };
    let mut cases = Vec::new();
    for (what, unit, bar, note, figures) in ASKED {
        cases.push(Case {
            row: 12,
            case: format!("{what}, last beside first"),
            unit,
            against: "itself on the smallest journal",
            ours: figures(last).clone(),
            peer: figures(first).clone(),
            bar: Some(bar),
            note: format!("{} events beside {}. {note}", last.events, first.events),
        });
        cases.extend(points.iter().map(|point| Case {
            row: 12,
            case: format!("{what} @{}", point.events),
            unit,
            against: "",
            ours: figures(point).clone(),
            peer: Vec::new(),
            bar: None,
            note: note.to_owned(),
        }));
    }
    Ok(cases)
}
