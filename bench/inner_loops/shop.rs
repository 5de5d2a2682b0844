//! A small shop in memory: products with a price each, and stock of them.

use std::collections::HashMap;
use std::time::Duration;

use domain::order::Order;
use domain::ordering::{self, OrderingOutcome, PlaceOrder, WantedLine};
use domain::product::{CreateProduct, NewVariant, Product, ProductCommand};
use domain::stock::{Reserve, StockCommand, StockItem};
use domain::value::{
    Currency, Location, Money, OrderId, ProductId, Quantity, Sku, StockId, Timestamp,
};
use domain::{Event, Facts};
use journal::StreamId;
use uuid::Uuid;

/// How long stock is held.
const HOLD: Duration = Duration::from_secs(900);

pub struct Shop {
    pub facts: Facts,
    pub products: Vec<Product>,
    pub items: Vec<StockItem>,
    /// Where each SKU is in both.
    pub place_of: HashMap<Sku, usize>,
}

impl Shop {
    pub fn new(products: usize) -> Self {
        let facts = Facts::at(Timestamp::parse("2026-01-01T00:00:00Z").unwrap());
        let mut shop = Self {
            facts,
            products: Vec::new(),
            items: Vec::new(),
            place_of: HashMap::new(),
        };
        for number in 0..products {
            let mut product = Product::default();
            let create = create(number);
            for event in domain::product::decide(&product, create, &facts).unwrap() {
                product.evolve(&event);
            }
            let mut item = StockItem::default();
            let receive = StockCommand::ReceiveStock {
                stock_id: StockId::new(sku(number), Location::default()),
                quantity: Quantity::new(1_000_000).unwrap(),
                reference: None,
            };
            for event in domain::stock::decide(&item, receive, &facts).unwrap() {
                item.evolve(&event);
            }
            shop.products.push(product);
            shop.items.push(item);
            shop.place_of.insert(sku(number), number);
        }
        shop
    }

    /// A reservation of a unit for an order of its own.
    pub fn reserve(&self, number: usize) -> StockCommand {
        let order_id = OrderId(Uuid::now_v7());
        StockCommand::ReserveStock(Reserve {
            reservation_id: order_id.reservation(&sku(number)),
            order_id,
            line_id: order_id.line(&sku(number)),
            quantity: Quantity::new(1).unwrap(),
            expires_at: self.facts.now.saturating_add(HOLD),
        })
    }

    /// An order of a unit of everything.
    pub fn wish(&self) -> PlaceOrder {
        let line = |number| WantedLine {
            sku: sku(number),
            quantity: Quantity::new(1).unwrap(),
            amounts: None,
        };
        let lines = (0..self.products.len()).map(line).collect();
        PlaceOrder::new(OrderId(Uuid::now_v7()), Currency::USD, lines, HOLD)
    }

    pub fn place(&self, order: &Order, wish: PlaceOrder) -> OrderingOutcome {
        let product = |sku: &Sku| Some((self.products.get(*self.place_of.get(sku)?)?, 1));
        let stock = |id: &StockId| self.items.get(*self.place_of.get(&id.sku)?);
        ordering::place(order, &stock, &product, wish, &self.facts).unwrap()
    }

    /// The events of so many orders, each followed by its reservations.
    pub fn history(&self, orders: usize) -> Vec<(StreamId, Event)> {
        let mut history = Vec::new();
        for _ in 0..orders {
            let wish = self.wish();
            let stream = StreamId::new(domain::order::TYPE, wish.order_id.aggregate_id());
            let outcome = self.place(&Order::default(), wish);
            history.extend(
                outcome
                    .order
                    .into_iter()
                    .map(|event| (stream.clone(), event.into())),
            );
            for (id, events) in outcome.stock {
                let stream = StreamId::new(domain::stock::TYPE, id.aggregate_id());
                history.extend(
                    events
                        .into_iter()
                        .map(|event| (stream.clone(), event.into())),
                );
            }
        }
        history
    }
}

/// A new price for the variant of this number.
pub fn set_price(number: usize) -> ProductCommand {
    ProductCommand::SetPrice {
        sku: sku(number),
        price: Money::new(249, Currency::USD),
    }
}

fn sku(number: usize) -> Sku {
    Sku::new(format!("SKU-{number}")).unwrap()
}

fn create(number: usize) -> ProductCommand {
    let price = Money::new(199, Currency::USD);
    ProductCommand::CreateProduct(CreateProduct {
        product_id: ProductId(Uuid::now_v7()),
        slug: format!("product-{number}").parse().unwrap(),
        name: "A thing".parse().unwrap(),
        category: vec!["GROCERY".parse().unwrap()],
        brand: None,
        description: None,
        variants: vec![NewVariant::new(sku(number), vec![price])],
        published: true,
    })
}
