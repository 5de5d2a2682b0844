//! Placing orders over HTTP beside SQL that locks rows.
//!
//! Ours is the server that users run: it authenticates, validates, prices, decides, appends the order and ten reservations
//! atomically, and posts the query tables meanwhile. The peer counts stock down and keeps order and lines, in one
//! transaction, without HTTP and with none of that. Statement by statement is how applications do it; in one function
//! call (told, without a bar) row locks are at their best.

use std::time::Duration;

use anyhow::Result;
use daybook_tests::{Postgres, Server};

use crate::ground::Ground;
use crate::load::load;
use crate::market::{self, Customers, Sold};
use crate::measure::{Bar, Case, by_turns};
use crate::process::Processes;
use crate::settings::Settings;

mod sql;

use sql::{Manner, Sql};

const CONNECTIONS: usize = 32;

/// One side's rate, and what it took.
#[derive(Clone, Copy)]
struct Rate {
    per_second: f64,
    per_core_second: f64,
}

/// Row 5.
pub async fn run(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let (articles, source) = market::goods(settings)?;
    let database = ground.database().await;
    market::open(&database, &articles, true).await?;
    let server = ground.daybook(&database).await;
    market::visited(&server, &articles).await?;
    let sql = Sql::open(ground.database().await, &articles).await?;
    let customers = Customers::of(&articles);
    let mut cases = Vec::new();
    for (name, customers, bar) in [
        ("spread", customers.clone(), 1.0),
        ("hot", customers.crowding(), 3.0),
    ] {
        let note = match name {
            "hot" => "The best-selling SKU is in every order; every SKU was ordered once before."
                .to_owned(),
            _ => format!(
                "Lines spread over {} SKUs as they were bought in {source}; every SKU was ordered once before, \
                 so that no stream is read for the first time while it is measured.",
                articles.len()
            ),
        };
        for (manner, case, against, bar) in [
            (
                Manner::Statements,
                name.to_owned(),
                "row-locking SQL, statement by statement",
                Some((Bar::AtLeast, bar)),
            ),
            (
                Manner::Function,
                format!("{name}, one call"),
                "the same SQL in one function call",
                None,
            ),
        ] {
            let (ours, peer) =
                turns(settings, &database, &server, &sql, &customers, manner).await?;
            let rates = |side: &[Rate]| side.iter().map(|rate| rate.per_second).collect();
            let efforts = |side: &[Rate]| side.iter().map(|rate| rate.per_core_second).collect();
            cases.push(Case {
                row: 5,
                case: case.clone(),
                unit: "orders/s",
                against,
                ours: rates(&ours),
                peer: rates(&peer),
                bar,
                note: note.clone(),
            });
            cases.push(Case {
                row: 5,
                case: format!("{case}, a core"),
                unit: "orders/s and core",
                against,
                ours: efforts(&ours),
                peer: efforts(&peer),
                bar: None,
                note: "Ours counts Daybook (query tables included) and Postgres; the peer's \
                       counts Postgres alone, as if its application were free."
                    .to_owned(),
            });
        }
    }
    Ok(cases)
}

async fn turns(
    settings: &Settings,
    database: &Postgres,
    server: &Server,
    sql: &Sql,
    customers: &Customers,
    manner: Manner,
) -> Result<(Vec<Rate>, Vec<Rate>)> {
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    by_turns(
        settings.rounds,
        async || {
            let rate = placed(settings, database, server, customers).await?;
            ours.push(rate);
            market::caught_up(server).await?;
            Ok(rate.per_second)
        },
        async || {
            let processes = Processes::of(database, None).await?;
            let work = sql.place(settings, CONNECTIONS, customers, manner);
            let rate = with_effort(settings, &processes, work).await?;
            peer.push(rate);
            Ok(rate.per_second)
        },
    )
    .await?;
    Ok((ours, peer))
}

async fn placed(
    settings: &Settings,
    database: &Postgres,
    server: &Server,
    customers: &Customers,
) -> Result<Rate> {
    let processes = Processes::of(database, Some(server)).await?;
    let customers = customers.clone();
    let work = async {
        let found = load(settings, server.url(), CONNECTIONS, move |_, _| {
            customers.order(Sold::Held)
        });
        Ok(found.await?.per_second)
    };
    with_effort(settings, &processes, work).await
}

/// A rate, and the processor time that the processes took within the measured time.
async fn with_effort(
    settings: &Settings,
    processes: &Processes,
    work: impl Future<Output = Result<f64>>,
) -> Result<Rate> {
    let effort = async {
        tokio::time::sleep(settings.warm_up).await;
        let before = processes.seconds()?;
        // A little less than what is measured, so that no idle time is counted in.
        let measured = settings.measure.saturating_sub(Duration::from_millis(50));
        tokio::time::sleep(measured).await;
        Ok::<_, anyhow::Error>((processes.seconds()? - before) / measured.as_secs_f64())
    };
    let (per_second, cores) = tokio::try_join!(work, effort)?;
    Ok(Rate {
        per_second,
        per_core_second: per_second / cores.max(0.01),
    })
}
