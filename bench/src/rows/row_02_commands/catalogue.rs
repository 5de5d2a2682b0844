//! The commands of rows 1 to 3: nine prices of ten, and a new product each tenth time; each appends one event.

use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Result;
use commands::{Commands, Context, RequestKey};
use cqrs_es::persist::SerializedEvent;
use domain::Facts;
use domain::product::{self, CreateProduct, NewVariant, Product, ProductCommand};
use domain::value::{Currency, Money, ProductId, Sku, Timestamp};
use futures::{StreamExt, TryStreamExt};
use uuid::Uuid;

use crate::peer::Store;

/// Commands on their way at once while ours is seeded.
const SEED_AT_ONCE: usize = 256;

/// One command of so many opens a stream.
const OPENS_EACH: u64 = 10;

/// Products that are there before anything is measured, the same on both sides.
pub struct Catalogue {
    products: Vec<(ProductId, Sku)>,
    /// The next price. Never the same twice, for a price that is set already is no event.
    price: AtomicI64,
}

impl Catalogue {
    /// A catalogue of so many products.
    pub fn new(products: usize) -> Self {
        let product = |number| {
            let sku = Sku::new(format!("SKU-{number}")).expect("well-formed");
            (Uuid::now_v7().into(), sku)
        };
        Self {
            products: (0..products).map(product).collect(),
            price: AtomicI64::new(1_000),
        }
    }

    /// How many products are there from the beginning.
    pub fn len(&self) -> usize {
        self.products.len()
    }

    /// Puts them into ours.
    pub async fn seed_ours(&self, commands: &Commands) -> Result<()> {
        futures::stream::iter(&self.products)
            .map(|(id, sku)| Ok::<_, anyhow::Error>((*id, seeded(*id, sku)?)))
            .try_for_each_concurrent(SEED_AT_ONCE, async |(id, command)| {
                execute(commands, id, command).await
            })
            .await
    }

    /// Puts them into the peer's: the events that the same commands lead to.
    pub async fn seed_peer(&self, store: &Store) -> Result<()> {
        let mut events = Vec::new();
        for (id, sku) in &self.products {
            let facts = Facts::at(Timestamp::EPOCH);
            let decided = product::decide(&Product::default(), seeded(*id, sku)?, &facts)?;
            for (event, sequence) in decided.iter().zip(1..) {
                events.push(SerializedEvent::new(
                    id.to_string(),
                    sequence,
                    product::TYPE.to_owned(),
                    event.event_type().to_owned(),
                    event.event_version().to_owned(),
                    serde_json::to_value(event)?,
                    serde_json::json!({}),
                ));
            }
        }
        store.seed(&events).await
    }

    /// A writer's next command. Each of the writers has its own share of the products, so that nobody ever waits for
    /// another's stream or has to retry.
    pub fn next(&self, writer: usize, writers: usize, number: u64) -> (ProductId, ProductCommand) {
        if (number + writer as u64).is_multiple_of(OPENS_EACH) {
            let id = Uuid::now_v7();
            return (id.into(), created(id.into(), Vec::new()));
        }
        let share = self.products.len() / writers;
        let (id, sku) = &self.products[writer + fastrand::usize(0..share) * writers];
        let minor = self.price.fetch_add(1, Ordering::Relaxed);
        let sku = sku.clone();
        let price = Money::new(minor, Currency::EUR);
        (*id, ProductCommand::SetPrice { sku, price })
    }
}

fn seeded(id: ProductId, sku: &Sku) -> Result<ProductCommand> {
    let price = Money::new(100, Currency::EUR);
    Ok(created(id, vec![NewVariant::new(sku.clone(), vec![price])]))
}

fn created(id: ProductId, variants: Vec<NewVariant>) -> ProductCommand {
    ProductCommand::CreateProduct(CreateProduct {
        product_id: id,
        slug: format!("product-{id}").parse().expect("well-formed"),
        name: "A product".parse().expect("well-formed"),
        category: vec!["GROCERY".parse().expect("well-formed")],
        brand: None,
        description: None,
        variants,
        published: false,
    })
}

/// Has ours execute a command, with what the HTTP layer would say of it: a POST has a key, a PUT needs none.
pub async fn execute(commands: &Commands, id: ProductId, command: ProductCommand) -> Result<()> {
    let context = match command {
        ProductCommand::CreateProduct(_) => keyed(),
        _ => plain(),
    };
    commands.product(id, command, context).await?;
    Ok(())
}

/// What surrounds a request without a key.
fn plain() -> Context {
    Context {
        actor: "service:bench".into(),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00".into(),
        ..Context::default()
    }
}

/// What surrounds a request with a key of its own.
pub fn keyed() -> Context {
    let scope = ["service:bench", "POST", "/v1/products"];
    let key = Uuid::now_v7().to_string();
    Context {
        request: Some(RequestKey::new(&scope, &key, "0".repeat(64))),
        ..plain()
    }
}
