//! A shop of one's own: a journal and any number of executors on it.

use std::sync::atomic::{AtomicU32, Ordering};

use commands::{CommandError, Commands, Context, Executor, ExecutorOptions, Receipt, RequestKey};
use daybook_tests::Postgres;
use domain::ordering::{PlaceOrder, WantedLine};
use domain::product::{CreateProduct, NewVariant, ProductCommand};
use domain::stock::StockCommand;
use domain::value::{Currency, Location, Money, OrderId, ProductId, Quantity, Sku, StockId};
use journal::{EventKind, Journal, JournalOptions, TailSource, Upcasters};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub struct Shop {
    pub postgres: Postgres,
    pub journal: Journal,
    products: AtomicU32,
}

pub fn usd() -> Currency {
    "USD".parse().unwrap()
}

pub fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

pub fn stock_id(sku: &Sku) -> StockId {
    StockId::new(sku.clone(), Location::default())
}

pub fn context() -> Context {
    Context {
        actor: "test".into(),
        ..Context::default()
    }
}

/// A context with an idempotency key and the hash of a body.
pub fn keyed(key: &str, body: &str) -> Context {
    Context {
        request: Some(RequestKey::new(&["test"], key, body.into())),
        ..context()
    }
}

impl Shop {
    pub async fn open() -> Self {
        let postgres = Postgres::fresh().await;
        Journal::migrate(&postgres.options()).await.unwrap();
        let journal = open_journal(&postgres).await;
        Self {
            postgres,
            journal,
            products: AtomicU32::new(0),
        }
    }

    /// An executor in this process; a second one is as good as one in another process, for it
    /// has its own journal handle.
    pub async fn executor(&self) -> Commands {
        self.executor_with(&ExecutorOptions::default()).await
    }

    pub async fn executor_with(&self, options: &ExecutorOptions) -> Commands {
        let journal = open_journal(&self.postgres).await;
        let tail = TailSource::new(journal.clone());
        let (executor, commands) = Executor::new(journal, tail, options);
        tokio::spawn(executor.run(CancellationToken::new()));
        commands
    }

    /// A published product with this SKU at this price, and so many units of it.
    pub async fn sells(&self, commands: &Commands, sku: &Sku, cents: i64, units: u32) -> ProductId {
        let id = ProductId::from(Uuid::now_v7());
        let number = self.products.fetch_add(1, Ordering::Relaxed);
        commands
            .product(
                id,
                create(id, &format!("product-{number}"), sku, cents),
                context(),
            )
            .await
            .unwrap();
        receive(commands, sku, units).await.unwrap();
        id
    }

    /// How many events of this type the journal holds.
    pub async fn count(&self, event_type: &str) -> i64 {
        sqlx::query_scalar("select count(*) from journal.events where event_type = $1")
            .bind(event_type)
            .fetch_one(self.journal.pool())
            .await
            .unwrap()
    }

    /// Reads the whole journal and checks every rule of the shop.
    pub async fn verify(&self) {
        let mut verifier = domain::verify::Verifier::new();
        let mut after = 0;
        loop {
            let page = self.journal.read_all(after, 10_000).await.unwrap();
            let Some(last) = page.last() else { break };
            after = last.position;
            for event in &page {
                let decoded =
                    domain::Event::decode(&event.stream.aggregate_type, &event.payload).unwrap();
                verifier.post(domain::verify::RecordedFact {
                    position: event.position,
                    aggregate_type: &event.stream.aggregate_type,
                    aggregate_id: &event.stream.aggregate_id,
                    sequence: event.sequence,
                    event_type: &event.event_type,
                    event: &decoded,
                    recorded_at: event.recorded_at.try_into().unwrap(),
                });
            }
        }
        let report = verifier.finish();
        assert!(report.is_clean(), "{:#?}", report.breaches);
    }
}

async fn open_journal(postgres: &Postgres) -> Journal {
    let kind = |kind: &domain::EventKind| EventKind {
        aggregate_type: kind.aggregate_type.into(),
        event_type: kind.event_type.into(),
        event_version: kind.version.into(),
    };
    Journal::open(JournalOptions {
        connect: postgres.options(),
        connections_max: 8,
        upcasters: Upcasters::default(),
        catalogue: domain::CATALOG.iter().map(kind).collect(),
    })
    .await
    .unwrap()
}

pub fn create(id: ProductId, slug: &str, sku: &Sku, cents: i64) -> ProductCommand {
    ProductCommand::CreateProduct(CreateProduct {
        product_id: id,
        slug: slug.parse().unwrap(),
        name: "A thing".parse().unwrap(),
        category: vec![],
        brand: None,
        description: None,
        variants: vec![NewVariant::new(sku.clone(), vec![Money::new(cents, usd())])],
        published: true,
    })
}

pub async fn receive(commands: &Commands, sku: &Sku, units: u32) -> Result<Receipt, CommandError> {
    let id = stock_id(sku);
    let command = StockCommand::ReceiveStock {
        stock_id: id.clone(),
        quantity: Quantity::new(units).unwrap(),
        reference: None,
    };
    commands.stock(&id, command, context()).await
}

pub fn order_of(lines: &[(&Sku, u32)]) -> PlaceOrder {
    let lines = lines.iter().map(|(sku, units)| WantedLine {
        sku: (*sku).clone(),
        quantity: Quantity::new(*units).unwrap(),
        amounts: None,
    });
    let id = OrderId::from(Uuid::now_v7());
    PlaceOrder::new(
        id,
        usd(),
        lines.collect(),
        std::time::Duration::from_secs(900),
    )
}

/// The code of a rejection.
pub fn code(outcome: &Result<Receipt, CommandError>) -> &str {
    match outcome {
        Err(CommandError::Rejected(rejection)) => rejection.code(),
        Err(other) => panic!("not rejected but {other}"),
        Ok(receipt) => panic!("accepted: {receipt:?}"),
    }
}
