//! A market: histories at random from a seed in which orders are placed, paid, cancelled, shipped, returned and
//! refunded, each event decided by the domain's own functions on the states before it.

mod gateway;
mod steps;

use std::collections::BTreeMap;
use std::time::Duration;

use domain::order::Order;
use domain::ordering::{CapturePolicy, OrderingOutcome, StockLookup};
use domain::payment::{self, Payment, PaymentCommand};
use domain::product::{self, CreateProduct, NewVariant, Product, ProductCommand};
use domain::stock::{self, StockCommand, StockItem};
use domain::value::{
    Currency, Location, Money, OrderId, PaymentId, ProductId, Quantity, ReturnId, Sku, StockId,
    TaxRate, Timestamp,
};
use domain::{Event, Facts, Rejection};
use journal::{NewEvent, PendingCommand, StreamId};
use uuid::Uuid;

use crate::shop::{Rng, at, sku, text};
use crate::world::new_event;

/// Units of each SKU in the beginning.
pub const STOCKED: [u32; 3] = [60, 80, 100];

pub struct Market {
    pub rng: Rng,
    seed: u64,
    made: u64,
    seconds: u64,
    policy: CapturePolicy,
    pub skus: Vec<Sku>,
    products: BTreeMap<Sku, (Product, u64)>,
    pub stock: BTreeMap<StockId, StockItem>,
    pub orders: BTreeMap<OrderId, Order>,
    pub payments: BTreeMap<PaymentId, Payment>,
    announced: BTreeMap<OrderId, Vec<ReturnId>>,
    /// Units that came back fit to be sold again, by SKU.
    pub restocked: BTreeMap<Sku, u64>,
    sequences: BTreeMap<StreamId, u64>,
    /// Everything that was recorded, in order, and when by the market's clock.
    pub recorded: Vec<(NewEvent, Event, Timestamp)>,
    pending: Vec<NewEvent>,
    commands: Vec<PendingCommand>,
}

impl Market {
    /// A market of three products in stock.
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let policy = *rng.pick(&[CapturePolicy::OnConfirm, CapturePolicy::OnShip]);
        let mut market = Self {
            rng,
            seed,
            made: 0,
            seconds: 0,
            policy,
            skus: Vec::new(),
            products: BTreeMap::new(),
            stock: BTreeMap::new(),
            orders: BTreeMap::new(),
            payments: BTreeMap::new(),
            announced: BTreeMap::new(),
            restocked: BTreeMap::new(),
            sequences: BTreeMap::new(),
            recorded: Vec::new(),
            pending: Vec::new(),
            commands: Vec::new(),
        };
        for (number, stocked) in (0..).zip(STOCKED) {
            market.offer(number, stocked);
        }
        market
    }

    /// What was recorded since the last call.
    pub fn commands(&mut self) -> Vec<PendingCommand> {
        std::mem::take(&mut self.commands)
    }

    /// `count` steps at random, whatever comes of them; then the gateway answers and every deadline passes until
    /// nothing happens any more.
    pub fn history(&mut self, count: usize) -> Vec<PendingCommand> {
        self.steps(count);
        self.come_to_rest();
        self.commands()
    }

    fn id(&mut self) -> Uuid {
        self.made += 1;
        Uuid::from_u64_pair(self.seed | 1 << 40, self.made)
    }

    fn now(&self) -> Timestamp {
        let start = at("2017-01-01T00:00:00Z");
        start.saturating_add(Duration::from_secs(self.seconds))
    }

    fn facts(&self) -> Facts {
        Facts::at(self.now())
    }

    fn record(&mut self, kind: &'static str, id: String, event: impl Into<Event>) {
        let event = event.into();
        let stream = StreamId::new(kind, id);
        let sequence = self.sequences.entry(stream.clone()).or_insert(0);
        *sequence += 1;
        let new = new_event(stream, *sequence, &event, Uuid::from_u64_pair(self.seed, 0));
        self.recorded.push((new.clone(), event, self.now()));
        self.pending.push(new);
    }

    /// What was recorded since the last call becomes a command.
    fn done(&mut self) {
        let events = std::mem::take(&mut self.pending);
        if !events.is_empty() {
            let claims = Vec::new();
            self.commands.push(PendingCommand {
                events,
                claims,
                ..PendingCommand::default()
            });
        }
    }

    fn offer(&mut self, number: usize, stocked: u32) {
        let code = sku(&format!("M{}-{number}", self.seed));
        let id = ProductId(self.id());
        let variant = NewVariant {
            tax_bp: TaxRate::new(1_900).unwrap(),
            ..NewVariant::new(code.clone(), vec![eur([999, 101, 7][number])])
        };
        let create = ProductCommand::CreateProduct(CreateProduct {
            product_id: id,
            slug: format!("m-{}-{number}", self.seed).parse().unwrap(),
            name: text("thing"),
            category: vec![text(["GROCERY", "PRODUCE", "GROCERY"][number])],
            brand: None,
            description: None,
            variants: vec![variant],
            published: true,
        });
        let mut state = Product::default();
        let events = product::decide(&state, create, &self.facts()).unwrap();
        let version = events.len() as u64;
        for event in events {
            state.evolve(&event);
            self.record(product::TYPE, id.aggregate_id(), event);
        }
        self.products.insert(code.clone(), (state, version));
        let receive = StockCommand::ReceiveStock {
            stock_id: item(&code),
            quantity: Quantity::new(stocked).unwrap(),
            reference: None,
        };
        self.on_stock(&code, receive).unwrap();
        self.skus.push(code);
        self.done();
    }

    fn on_stock(&mut self, code: &Sku, command: StockCommand) -> Result<(), Rejection> {
        let (id, facts) = (item(code), self.facts());
        let state = self.stock.entry(id.clone()).or_default();
        let events = stock::decide(state, command, &facts)?;
        events.iter().for_each(|event| state.evolve(event));
        for event in events {
            self.record(stock::TYPE, id.aggregate_id(), event);
        }
        Ok(())
    }

    fn on_payment(&mut self, id: PaymentId, command: PaymentCommand) -> Result<(), Rejection> {
        let state = self.payments.entry(id).or_default();
        let events = payment::decide(state, command)?;
        events.iter().for_each(|event| state.evolve(event));
        for event in events {
            self.record(payment::TYPE, id.to_string(), event);
        }
        Ok(())
    }

    pub fn order(&self, id: OrderId) -> Order {
        self.orders.get(&id).cloned().unwrap_or_default()
    }

    pub fn payment(&self, id: OrderId) -> Payment {
        let payment = self.payments.get(&id.payment());
        payment.cloned().unwrap_or_default()
    }

    fn compose(
        &mut self,
        id: OrderId,
        compose: impl FnOnce(&Order, &StockLookup<'_>) -> Result<OrderingOutcome, Rejection>,
    ) -> Result<(), Rejection> {
        let stock = |id: &StockId| self.stock.get(id);
        let outcome = compose(&self.order(id), &stock)?;
        for event in outcome.order {
            self.orders.entry(id).or_default().evolve(&event);
            self.record(domain::order::TYPE, id.aggregate_id(), event);
        }
        for (stock_id, events) in outcome.stock {
            for event in events {
                let state = self.stock.entry(stock_id.clone()).or_default();
                state.evolve(&event);
                self.record(stock::TYPE, stock_id.aggregate_id(), event);
            }
        }
        for (payment_id, events) in outcome.payments {
            for event in events {
                let state = self.payments.entry(payment_id).or_default();
                state.evolve(&event);
                self.record(payment::TYPE, payment_id.to_string(), event);
            }
        }
        Ok(())
    }
}

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

pub fn item(code: &Sku) -> StockId {
    StockId::new(code.clone(), Location::default())
}
