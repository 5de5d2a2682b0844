//! Histories of a shop: made by hand, or at random from a seed. Whatever comes out is what the
//! aggregates could have decided.

mod orders;

use std::collections::BTreeMap;

use domain::Event;
use domain::order::Order;
use domain::payment::{PaymentEvent, PaymentRequested};
use domain::product::ProductEvent;
use domain::stock::StockEvent;
use domain::value::{
    Currency, Location, Money, OrderId, ProductId, Quantity, Sku, StockId, TaxRate, Text, Timestamp,
};
use journal::{NewEvent, PendingCommand, StreamId};
use uuid::Uuid;

use crate::world::new_event;

/// Small and seeded: the same seed gives the same history.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end.max(1)
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}

pub struct Shop {
    pub rng: Rng,
    seed: u64,
    made: u64,
    sequences: BTreeMap<StreamId, u64>,
    pending: Vec<NewEvent>,
    pub products: Vec<Product>,
    pub orders: Vec<OrderId>,
    pub states: BTreeMap<OrderId, Order>,
}

#[derive(Clone)]
pub struct Product {
    pub id: ProductId,
    pub skus: Vec<Sku>,
}

/// A line of an order as it is wanted: SKU, units, gross, discount.
pub type Wanted<'a> = (&'a str, u32, i64, i64);

pub fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

pub fn sku(text: &str) -> Sku {
    Sku::new(text).unwrap()
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

fn units(units: u32) -> Quantity {
    Quantity::new(units).unwrap()
}

impl Shop {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Rng::new(seed),
            seed,
            made: 0,
            sequences: BTreeMap::new(),
            pending: Vec::new(),
            products: Vec::new(),
            orders: Vec::new(),
            states: BTreeMap::new(),
        }
    }

    fn id(&mut self) -> Uuid {
        self.made += 1;
        Uuid::from_u64_pair(self.seed, self.made)
    }

    fn record(&mut self, kind: &str, id: &str, event: impl Into<Event>) {
        let event = event.into();
        let stream = StreamId::new(kind, id);
        let sequence = self.sequences.entry(stream.clone()).or_insert(0);
        *sequence += 1;
        if let Event::Order(event) = &event {
            let id: OrderId = id.parse().unwrap();
            self.states.entry(id).or_default().evolve(event);
        }
        let new = new_event(stream, *sequence, &event, Uuid::from_u64_pair(self.seed, 0));
        self.pending.push(new);
    }

    /// How many events the order's stream has.
    pub fn version(&self, id: OrderId) -> u64 {
        let stream = StreamId::new(domain::order::TYPE, id.to_string());
        self.sequences.get(&stream).copied().unwrap_or_default()
    }

    /// How many events its payment's stream has.
    pub fn payment_version(&self, id: OrderId) -> u64 {
        let stream = StreamId::new(domain::payment::TYPE, id.payment().to_string());
        self.sequences.get(&stream).copied().unwrap_or_default()
    }

    pub fn on_payment(&mut self, id: OrderId, event: PaymentEvent) {
        self.record(domain::payment::TYPE, &id.payment().to_string(), event);
    }

    /// Requests a payment of what is due for the order.
    pub fn request_payment(&mut self, id: OrderId) {
        let requested = PaymentRequested {
            payment_id: id.payment(),
            order_id: id,
            amount: self.states[&id].due().unwrap(),
            gateway: text("sandbox"),
            method: text("card"),
        };
        self.on_payment(id, PaymentEvent::PaymentRequested(requested.into()));
    }

    /// What was recorded since the last call, as one command.
    pub fn command(&mut self) -> PendingCommand {
        PendingCommand {
            events: std::mem::take(&mut self.pending),
            ..PendingCommand::default()
        }
    }

    /// `count` commands at random.
    pub fn history(&mut self, count: usize) -> Vec<PendingCommand> {
        let mut commands = Vec::new();
        while commands.len() < count {
            self.something();
            if !self.pending.is_empty() {
                commands.push(self.command());
            }
        }
        commands
    }

    fn something(&mut self) {
        match self.rng.below(20) {
            0 => self.some_product(),
            _ if self.products.is_empty() => self.some_product(),
            1..=3 => self.some_revision(),
            4..=6 => self.some_stock(),
            7..=12 => self.some_order(),
            _ => self.some_progress(),
        }
    }

    // Products.

    pub fn product(
        &mut self,
        name: &str,
        category: &[&str],
        variants: &[(&str, i64)],
    ) -> ProductId {
        let id = ProductId(self.id());
        let slug = format!("p-{}-{}", self.seed, self.made);
        let created = ProductEvent::ProductCreated {
            product_id: id,
            slug: slug.parse().unwrap(),
            name: text(name),
            category: category.iter().map(|part| text(part)).collect(),
            brand: Some(text("National")),
            description: None,
        };
        self.record("product", &id.to_string(), created);
        self.products.push(Product {
            id,
            skus: Vec::new(),
        });
        for (code, price) in variants {
            self.variant(id, code);
            self.price(id, code, usd(*price));
        }
        self.record(
            "product",
            &id.to_string(),
            ProductEvent::ProductPublished {},
        );
        id
    }

    pub fn variant(&mut self, id: ProductId, code: &str) {
        let added = ProductEvent::VariantAdded {
            sku: sku(code),
            name: None,
            attributes: BTreeMap::new(),
            tax_bp: TaxRate::ZERO,
        };
        self.record("product", &id.to_string(), added);
        let product = self.products.iter_mut().find(|product| product.id == id);
        product.unwrap().skus.push(sku(code));
    }

    pub fn price(&mut self, id: ProductId, code: &str, price: Money) {
        let set = ProductEvent::PriceSet {
            sku: sku(code),
            price,
        };
        self.record("product", &id.to_string(), set);
    }

    pub fn on_product(&mut self, id: ProductId, event: ProductEvent) {
        self.record("product", &id.to_string(), event);
    }

    pub fn revise(&mut self, id: ProductId, name: &str, category: &[&str]) {
        let revised = ProductEvent::ProductRevised {
            name: text(name),
            category: category.iter().map(|part| text(part)).collect(),
            brand: None,
            description: None,
        };
        self.record("product", &id.to_string(), revised);
    }

    fn some_product(&mut self) {
        let number = self.made;
        let code = format!("S{}-{number}", self.seed);
        let department = *self.rng.pick(&["GROCERY", "PRODUCE", "DRUG GM"]);
        let price = self.rng.below(1_000) as i64;
        self.product(
            &format!("thing {number}"),
            &[department, "X/Y"],
            &[(&code, price)],
        );
    }

    fn some_revision(&mut self) {
        let index = self.rng.below(self.products.len() as u64) as usize;
        let Product { id, skus } = self.products[index].clone();
        match self.rng.below(6) {
            0 => self.revise(id, &format!("renamed {}", self.made), &["MEAT"]),
            1 => self.variant(id, &format!("S{}-{}-{}", self.seed, self.made, skus.len())),
            2 => self.on_product(id, ProductEvent::ProductUnpublished {}),
            3 => self.on_product(id, ProductEvent::ProductPublished {}),
            4 if skus.len() > 1 => {
                self.on_product(
                    id,
                    ProductEvent::VariantDiscontinued {
                        sku: skus[0].clone(),
                    },
                );
                self.products[index].skus.remove(0);
            }
            _ => {
                let price = Money::new(self.rng.below(2_000) as i64, Currency::EUR);
                self.price(id, &skus[0].clone(), price);
            }
        }
        self.made += 1;
    }

    // Stock.

    pub fn receive(&mut self, code: &str, quantity: u32) {
        self.receive_at(code, "main", quantity);
    }

    pub fn receive_at(&mut self, code: &str, location: &str, quantity: u32) {
        let id = StockId::new(sku(code), Location::new(location).unwrap());
        let received = StockEvent::StockReceived {
            sku: id.sku.clone(),
            location: id.location.clone(),
            quantity: units(quantity),
            reference: None,
        };
        self.record("stock", &id.to_string(), received);
    }

    pub fn adjust(&mut self, code: &str, delta: i64) {
        self.adjust_at(code, "main", delta);
    }

    pub fn adjust_at(&mut self, code: &str, location: &str, delta: i64) {
        let adjusted = StockEvent::StockAdjusted {
            delta,
            reason: text("counted"),
        };
        self.record("stock", &format!("{code}@{location}"), adjusted);
    }

    fn some_sku(&mut self) -> Sku {
        let product = self.rng.pick(&self.products).clone();
        self.rng.pick(&product.skus).clone()
    }

    fn some_stock(&mut self) {
        let code = self.some_sku();
        match self.rng.below(4) {
            0 => self.receive_at(&code, "annex", 3),
            1 if self
                .sequences
                .contains_key(&StreamId::new("stock", format!("{code}@main"))) =>
            {
                self.adjust(&code, -2);
            }
            _ => {
                let quantity = 1 + self.rng.below(6) as u32;
                self.receive(&code, quantity);
            }
        }
    }
}
