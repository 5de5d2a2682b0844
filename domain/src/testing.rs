//! What tests share: short names for values, and a small world of streams.

mod people;

use std::collections::BTreeMap;
use std::time::Duration;

use uuid::Uuid;

pub use people::*;

use crate::account::Account;
use crate::ledger::{self, Books, OrderTerms, PaymentTerms};
use crate::order::{Order, OrderEvent, PaymentChoice};
use crate::ordering::{LineAmounts, OrderingOutcome, PlaceOrder, StockLookup, WantedLine};
use crate::owners::Owners;
use crate::payment::{self, Payment, PaymentCommand, PaymentEvent};
use crate::product::{self, CreateProduct, NewVariant, Product, ProductCommand};
use crate::stock::{self, StockCommand, StockItem};
use crate::value::*;
use crate::verify::{RecordedFact, Report, Verifier};
use crate::{Event, Facts, Rejection};

pub fn sku(text: &str) -> Sku {
    Sku::new(text).unwrap()
}

pub fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

pub fn qty(units: u32) -> Quantity {
    Quantity::new(units).unwrap()
}

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

pub fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(0x0189_0000_0000_7000_8000_0000_0000_0000 + number)
}

pub fn stock_id(sku_text: &str) -> StockId {
    StockId::new(sku(sku_text), Location::default())
}

/// `seconds` after a fixed beginning.
pub fn at(seconds: u64) -> Facts {
    let start = Timestamp::parse("2017-01-01T00:00:00Z").unwrap();
    Facts::at(start.saturating_add(Duration::from_secs(seconds)))
}

pub const HOLD: Duration = Duration::from_secs(900);

pub fn by_card() -> PaymentChoice {
    PaymentChoice {
        gateway: text("sandbox"),
        method: text("card"),
    }
}

pub fn wanted(sku_text: &str, units: u32) -> WantedLine {
    WantedLine {
        sku: sku(sku_text),
        quantity: qty(units),
        amounts: None,
    }
}

pub fn paid_line(sku_text: &str, units: u32, gross: i64, discount: i64) -> WantedLine {
    WantedLine {
        amounts: Some(LineAmounts {
            gross,
            discount,
            net: gross - discount,
            coupon: 0,
        }),
        ..wanted(sku_text, units)
    }
}

pub fn new_product(number: u128, variants: Vec<NewVariant>) -> CreateProduct {
    CreateProduct {
        product_id: ProductId(uuid(number)),
        slug: Slug::new(format!("product-{number}")).unwrap(),
        name: text("A product"),
        category: vec![text("GROCERY")],
        brand: None,
        description: None,
        variants,
        published: true,
    }
}

/// Streams in memory, and every event that was ever appended to them.
#[derive(Debug, Default)]
pub struct World {
    pub products: BTreeMap<Sku, Product>,
    pub stock: BTreeMap<StockId, StockItem>,
    pub orders: BTreeMap<OrderId, Order>,
    pub payments: BTreeMap<PaymentId, Payment>,
    pub accounts: BTreeMap<AccountId, Account>,
    pub owners: Owners,
    sequences: BTreeMap<(&'static str, String), u64>,
    pub journal: Vec<(&'static str, String, u64, Event)>,
}

impl World {
    /// A world where each SKU is published at a price, taxed at 19 %, and in stock.
    pub fn with(items: &[(&str, i64, u32)]) -> Self {
        let mut world = Self::default();
        for (number, (name, minor, units)) in items.iter().enumerate() {
            let variant = NewVariant {
                tax_bp: TaxRate::new(1_900).unwrap(),
                ..NewVariant::new(sku(name), vec![eur(*minor)])
            };
            world.create(new_product(number as u128 + 1, vec![variant]));
            if *units > 0 {
                world.receive(name, *units);
            }
        }
        world
    }

    pub fn create(&mut self, new: CreateProduct) {
        let id = new.product_id;
        let skus: Vec<Sku> = new.variants.iter().map(|v| v.sku.clone()).collect();
        let command = ProductCommand::CreateProduct(new);
        let mut product = Product::default();
        for event in product::decide(&product, command, &at(0)).unwrap() {
            product.evolve(&event);
            self.append(product::TYPE, id.aggregate_id(), event);
        }
        for sku in skus {
            self.products.insert(sku, product.clone());
        }
    }

    pub fn receive(&mut self, name: &str, units: u32) {
        let command = StockCommand::ReceiveStock {
            stock_id: stock_id(name),
            quantity: qty(units),
            reference: None,
        };
        self.stock_command(name, command, &at(0)).unwrap();
    }

    pub fn stock_command(
        &mut self,
        name: &str,
        command: StockCommand,
        facts: &Facts,
    ) -> Result<(), Rejection> {
        let id = stock_id(name);
        let item = self.stock.entry(id.clone()).or_default();
        let events = stock::decide(item, command, facts)?;
        events.iter().for_each(|event| item.evolve(event));
        for event in events {
            self.append(stock::TYPE, id.aggregate_id(), event);
        }
        Ok(())
    }

    pub fn order(&self, id: OrderId) -> Order {
        self.orders.get(&id).cloned().unwrap_or_default()
    }

    /// The payment of an order.
    pub fn payment(&self, order: OrderId) -> Payment {
        let payment = self.payments.get(&order.payment());
        payment.cloned().unwrap_or_default()
    }

    pub fn payment_command(
        &mut self,
        order: OrderId,
        command: PaymentCommand,
    ) -> Result<usize, Rejection> {
        let id = order.payment();
        let events = payment::decide(&self.payment(order), command)?;
        for event in &events {
            self.payments.entry(id).or_default().evolve(event);
            self.append(payment::TYPE, id.aggregate_id(), event.clone());
        }
        Ok(events.len())
    }

    pub fn item(&self, name: &str) -> &StockItem {
        &self.stock[&stock_id(name)]
    }

    pub fn place(
        &mut self,
        command: PlaceOrder,
        facts: &Facts,
    ) -> Result<OrderingOutcome, Rejection> {
        let id = command.order_id;
        let products = |sku: &Sku| Some((self.products.get(sku)?, 7));
        let stock = |id: &StockId| self.stock.get(id);
        let outcome = crate::ordering::place(&self.order(id), &stock, &products, command, facts)?;
        self.apply(id, &outcome);
        Ok(outcome)
    }

    /// Runs `compose` over an order and the stock, and appends what comes out.
    pub fn compose<F>(&mut self, id: OrderId, compose: F) -> Result<OrderingOutcome, Rejection>
    where
        F: for<'a> FnOnce(&Order, &StockLookup<'a>) -> Result<OrderingOutcome, Rejection>,
    {
        let stock = |id: &StockId| self.stock.get(id);
        let outcome = compose(&self.order(id), &stock)?;
        self.apply(id, &outcome);
        Ok(outcome)
    }

    fn apply(&mut self, id: OrderId, outcome: &OrderingOutcome) {
        for event in &outcome.order {
            self.orders.entry(id).or_default().evolve(event);
            self.append(crate::order::TYPE, id.aggregate_id(), event.clone());
        }
        for (stock_id, events) in &outcome.stock {
            for event in events {
                self.stock
                    .entry(stock_id.clone())
                    .or_default()
                    .evolve(event);
                self.append(stock::TYPE, stock_id.aggregate_id(), event.clone());
            }
        }
        for (payment_id, events) in &outcome.payments {
            for event in events {
                self.payments.entry(*payment_id).or_default().evolve(event);
                self.append(payment::TYPE, payment_id.aggregate_id(), event.clone());
            }
        }
    }

    pub fn append(&mut self, aggregate_type: &'static str, id: String, event: impl Into<Event>) {
        let sequence = self
            .sequences
            .entry((aggregate_type, id.clone()))
            .or_default();
        *sequence += 1;
        self.journal
            .push((aggregate_type, id, *sequence, event.into()));
    }

    pub fn verify(&self) -> Report {
        verify(&self.journal)
    }

    /// The books of the whole journal.
    pub fn books(&self) -> Books {
        let (mut books, mut orders, mut payments) = (Books::default(), vec![], vec![]);
        for (_, id, _, event) in &self.journal {
            let entry = match event {
                Event::Order(event) => {
                    if let OrderEvent::OrderPlaced(placed) = event {
                        orders.push((id.clone(), OrderTerms::from(&**placed)));
                    }
                    let (_, terms) = orders.iter().find(|(order, _)| order == id).unwrap();
                    ledger::of_order(uuid(0), terms, event)
                }
                Event::Payment(event) => {
                    if let PaymentEvent::PaymentRequested(requested) = event {
                        payments.push((id.clone(), PaymentTerms::from(&**requested)));
                    }
                    let (_, terms) = payments.iter().find(|(payment, _)| payment == id).unwrap();
                    ledger::of_payment(uuid(0), terms, event)
                }
                _ => None,
            };
            entry.iter().for_each(|entry| books.post(entry));
        }
        books
    }
}

/// Verifies a journal whose positions are dense.
pub fn verify(journal: &[(&'static str, String, u64, Event)]) -> Report {
    let mut verifier = Verifier::new();
    for (position, (aggregate_type, aggregate_id, sequence, event)) in (1..).zip(journal) {
        verifier.post(RecordedFact {
            position,
            aggregate_type,
            aggregate_id,
            sequence: *sequence,
            event_type: event.event_type(),
            event,
            recorded_at: at(0).now,
        });
    }
    verifier.finish()
}
