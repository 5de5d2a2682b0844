//! A shop of one's own behind the API: a journal, an executor, workers for every query table.

use std::sync::Arc;
use std::time::Duration;

use access::seal::{MasterKey, MasterKeys};
use api::Api;
use axum::Router;
use commands::order::OrderingCommand;
use commands::{Commands, Context, Executor, ExecutorOptions, Receipt, streams};
use daybook_tests::{Postgres, eventually};
use domain::CATALOG;
use domain::ordering::CapturePolicy;
use domain::payment::{Attempt, PaymentCommand};
use domain::value::{Money, OrderId};
use http::Method;
use identity::{Identity, IdentityOptions};
use journal::{EventKind, Journal, JournalOptions, TailSource, Upcasters};
use projections::projection::ALL;
use projections::{Board, Queries, Runner};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use crate::ask::{self, Answer, ask, empty, get, post, request};
use crate::people::Mailbox;

/// The address of the shop in these tests.
pub const PUBLIC_URL: &str = "http://shop.example";

const READY_WITHIN: Duration = Duration::from_secs(60);

pub struct World {
    pub router: Router,
    pub api: Api,
    /// What the processes of a whole server would hold.
    pub commands: Commands,
    /// The key that wraps all others.
    pub master: MasterKeys,
    /// People and programs come in here.
    pub identity: Identity,
    /// Where their mail arrives.
    pub mailbox: Mailbox,
    _stop: DropGuard,
    // Dropped last: it drops the database.
    _postgres: Postgres,
}

impl World {
    pub async fn new() -> Self {
        let postgres = Postgres::fresh().await;
        Journal::migrate(&postgres.options()).await.unwrap();
        let catalogue = CATALOG.iter().map(|kind| EventKind {
            aggregate_type: kind.aggregate_type.into(),
            event_type: kind.event_type.into(),
            event_version: kind.version.into(),
        });
        let options = JournalOptions {
            connect: postgres.options(),
            connections_max: 16,
            upcasters: Upcasters::new(domain::upcasters()),
            catalogue: catalogue.collect(),
        };
        let journal = Journal::open(options).await.unwrap();
        let tail = TailSource::new(journal.clone());
        let stop = CancellationToken::new();
        let (executor, commands) =
            Executor::new(journal.clone(), tail.clone(), &ExecutorOptions::default());
        tokio::spawn(executor.run(stop.clone()));
        let board = Board::new();
        for projection in ALL {
            let holder = Uuid::now_v7();
            let runner = Runner::new(journal.clone(), projection, tail.clone(), holder, &board);
            tokio::spawn(runner.run(stop.clone()));
        }
        let queries = Queries::new(journal, board);
        let api = Api::new(commands.clone(), queries, ask::options());
        let mailbox = Mailbox::default();
        let master = MasterKeys::new(MasterKey::generate().unwrap(), Vec::new());
        let identity = identity_of(commands.clone(), mailbox.clone(), master.clone()).await;
        tokio::spawn(identity.clone().run(tail, stop.clone()));
        api.let_in(identity.clone());
        let world = Self {
            router: api.router(),
            api,
            commands,
            master,
            identity,
            mailbox,
            _stop: stop.drop_guard(),
            _postgres: postgres,
        };
        world.is_ready().await;
        world
    }

    async fn is_ready(&self) {
        eventually("the shop is ready", READY_WITHIN, async || {
            let answer = get(&self.router, "/readyz").await;
            if answer.status == 200 {
                Ok(())
            } else {
                Err(answer.text())
            }
        })
        .await;
    }

    pub async fn get(&self, path: &str) -> Answer {
        get(&self.router, path).await
    }

    /// Reads what this write led to.
    pub async fn get_after(&self, path: &str, written: &Answer) -> Answer {
        let position = written.header("daybook-position");
        let request = request(Method::GET, path).header("daybook-min-position", position);
        ask(&self.router, empty(request)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        post(&self.router, path, body).await
    }

    /// A published product of one variant, and so many units of it.
    pub async fn sells(&self, sku: &str, cents: i64, units: u32) -> Answer {
        let product = json!({
            "name": format!("Thing {sku}"), "slug": format!("thing-{}", sku.to_lowercase()),
            "category": ["THINGS"], "published": true,
            "variants": [{"sku": sku, "prices": [{"minor": cents, "currency": "USD"}]}],
        });
        let created = self.post("/v1/products", &product).await.expect(201);
        let path = format!("/v1/stock/{sku}/receipts");
        let receipt = json!({"quantity": units, "reference": "opening"});
        self.post(&path, &receipt).await.expect(201);
        created
    }
}

async fn identity_of(commands: Commands, mailbox: Mailbox, master: MasterKeys) -> Identity {
    let options = IdentityOptions {
        mailer: Arc::new(mailbox),
        ..IdentityOptions::new(master, PUBLIC_URL)
    };
    Identity::open(commands, options).await.unwrap()
}

/// The payment of an order, driven by hand: what processes and a gateway would do.
pub struct Paying<'a> {
    pub world: &'a World,
    pub order: OrderId,
}

impl Paying<'_> {
    /// An order of `units` of `sku`, paid by card; its payment is begun.
    pub async fn begun<'a>(world: &'a World, sku: &str, units: u32) -> Paying<'a> {
        let placed = world.post("/v1/orders", &paid_by_card(sku, units)).await;
        let order = placed.expect(201).json()["id"].as_str().unwrap().to_owned();
        let paying = Paying {
            world,
            order: order.parse().unwrap(),
        };
        paying.ordering(OrderingCommand::BeginPayment).await;
        paying
    }

    /// Where it is read and written.
    pub fn path(&self) -> String {
        format!("/v1/payments/{}", self.order.payment())
    }

    pub async fn ordering(&self, command: OrderingCommand) -> Receipt {
        let commands = &self.world.commands;
        let done = commands.ordering(self.order, command, Context::default());
        done.await.unwrap()
    }

    pub async fn payment(&self, command: PaymentCommand) -> Receipt {
        let id = self.order.payment();
        let commands = &self.world.commands;
        commands
            .payment(id, command, Context::default())
            .await
            .unwrap()
    }

    pub async fn state(&self) -> domain::payment::Payment {
        let stream = streams::payment(self.order.payment());
        let (state, _) = self.world.commands.state_of(&stream).await.unwrap();
        state.as_payment().unwrap().clone()
    }

    /// The gateway holds the money.
    pub async fn authorized(&self) {
        let requested = self.state().await.requested().unwrap().amount;
        self.payment(PaymentCommand::RecordAuthorized {
            auth_id: self.order.payment().authorization(),
            amount: requested,
            expires_at: None,
            gateway_ref: "pi_1".parse().unwrap(),
        })
        .await;
    }

    /// Confirmed; what is due is taken when it leaves.
    pub async fn confirmed(&self) {
        self.authorized().await;
        let policy = CapturePolicy::OnShip;
        self.ordering(OrderingCommand::Conclude { policy }).await;
    }

    /// The gateway has done what is open; how much money moved.
    pub async fn settled(&self) -> Money {
        let state = self.state().await;
        let capture = state.captures().iter().find(|c| c.attempt == Attempt::Open);
        let refund = state.refunds().iter().find(|r| r.attempt == Attempt::Open);
        let gateway_ref = None;
        let (command, amount) = match (capture, refund) {
            (Some(capture), _) => {
                let (capture_id, amount) = (capture.capture_id, capture.amount);
                let command = PaymentCommand::RecordCaptured {
                    capture_id,
                    amount,
                    gateway_ref,
                };
                (command, amount)
            }
            (None, Some(refund)) => {
                let (refund_id, amount) = (refund.requested.refund_id, refund.requested.amount);
                let command = PaymentCommand::RecordRefunded {
                    refund_id,
                    amount,
                    gateway_ref,
                };
                (command, amount)
            }
            (None, None) => panic!("nothing is open: {state:?}"),
        };
        self.payment(command).await;
        amount
    }
}

/// The body of an order that is paid by card.
pub fn paid_by_card(sku: &str, units: u32) -> Value {
    let mut order = order_of(&[(sku, units)]);
    order["payment"] = json!({"gateway": "sandbox", "method": "pm_card_visa"});
    order
}

/// The body of an order.
pub fn order_of(lines: &[(&str, u32)]) -> Value {
    let line = |(sku, quantity): &(&str, u32)| json!({"sku": sku, "quantity": quantity});
    json!({"currency": "USD", "lines": lines.iter().map(line).collect::<Vec<_>>()})
}
