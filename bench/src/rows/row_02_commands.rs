//! Commands in process beside `CqrsFramework` on postgres-es.

use std::sync::Arc;

use anyhow::Result;
use domain::product::Product;
use postgres_es::PostgresCqrs;

use crate::ground::{Ground, Running, open_journal};
use crate::load::drive;
use crate::measure::{Bar, Case, by_turns};
use crate::peer::{self, Keeps, Store};
use crate::settings::Settings;

pub mod catalogue;

use catalogue::Catalogue;

/// How many writers, and what is asked of the ratio.
const CASES: [(usize, f64); 3] = [(1, 2.5), (64, 8.0), (256, 12.0)];

/// Row 2.
pub async fn run(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let sides = Sides::prepare(settings, ground, &[]).await?;
    let note =
        "A pool of 16 for the peer; each writer sends its next command when the last is durable.";
    let mut cases = Vec::new();
    for (writers, bar) in CASES {
        cases.push(sides.case(settings, 2, writers, bar, note).await?);
    }
    sides.stop().await;
    Ok(cases)
}

/// Both sides in this process, with the same products.
pub struct Sides {
    catalogue: Arc<Catalogue>,
    running: Running,
    store: Store,
    products: Arc<PostgresCqrs<Product>>,
    // Dropped last: a database goes with its value.
    _database: daybook_tests::Postgres,
}

impl Sides {
    /// Starts and seeds both, each on a database with these settings of Postgres.
    pub async fn prepare(
        settings: &Settings,
        ground: &Ground,
        postgres: &[(&str, &str)],
    ) -> Result<Self> {
        let catalogue = Arc::new(Catalogue::new(settings.size(10_000, 2_000)));
        let database = ground.database_with(postgres).await?;
        let journal = open_journal(&database).await?;
        let running = Running::start(&journal);
        catalogue.seed_ours(&running.commands).await?;
        ground.tidy(&database).await?;
        let store = Store::on(ground.database_with(postgres).await?).await?;
        catalogue.seed_peer(&store).await?;
        Ok(Self {
            catalogue,
            running,
            products: Arc::new(store.framework(Keeps::Events)),
            store,
            _database: database,
        })
    }

    /// Measures one number of writers.
    pub async fn case(
        &self,
        settings: &Settings,
        row: u8,
        writers: usize,
        bar: f64,
        note: &str,
    ) -> Result<Case> {
        let (ours, peer) = by_turns(
            settings.rounds,
            async || self.ours(settings, writers).await,
            async || self.peer(settings, writers).await,
        )
        .await?;
        Ok(Case {
            row,
            case: writers.to_string(),
            unit: "commands/s",
            against: "CqrsFramework on postgres-es",
            ours,
            peer,
            bar: Some((Bar::AtLeast, bar)),
            note: note.to_owned(),
        })
    }

    async fn ours(&self, settings: &Settings, writers: usize) -> Result<f64> {
        let (catalogue, commands) = (Arc::clone(&self.catalogue), self.running.commands.clone());
        drive(settings, writers, move |writer, number| {
            let (id, command) = catalogue.next(writer, writers, number);
            let commands = commands.clone();
            async move { catalogue::execute(&commands, id, command).await }
        })
        .await
    }

    async fn peer(&self, settings: &Settings, writers: usize) -> Result<f64> {
        let (catalogue, products) = (Arc::clone(&self.catalogue), Arc::clone(&self.products));
        drive(settings, writers, move |writer, number| {
            let (id, command) = catalogue.next(writer, writers, number);
            let products = Arc::clone(&products);
            async move { Ok(peer::execute(&products, &id.to_string(), command).await?) }
        })
        .await
    }

    /// Stops both.
    pub async fn stop(self) {
        self.running.stop().await;
        self.store.pool().close().await;
    }
}
