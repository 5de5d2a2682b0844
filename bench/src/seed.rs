//! A journal with real shopping in it: the sample's baskets, sold again and again under new order ids.
//!
//! Every event is what the aggregates decided, and goes through the journal's own door. The executor is left out only because
//! ten million events through it one command at a time would take longer than what is measured on them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use domain::order::{LineQuantity, Order, OrderCommand, Paid, RejectReason};
use domain::ordering::{self, OrderingOutcome, PlaceOrder, ShipLines, WantedLine};
use domain::product::{CreateProduct, Product, ProductCommand};
use domain::stock::{StockCommand, StockItem};
use domain::value::{
    Currency, Location, Money, OrderId, ProductId, Quantity, ShipmentId, Sku, StockId, Text,
    Timestamp,
};
use domain::{Event, Facts};
use journal::{
    Batch, CommandOutcome, Journal, Metadata, MetadataTemplate, NewEvent, PendingCommand, Position,
    StreamId,
};
use time::OffsetDateTime;
use tokio::sync::mpsc;
use uuid::Uuid;

mod sample;

use sample::Basket;

/// Most commands that go through the door at once.
const BATCH_COMMANDS_MAX: usize = 512;

/// What is received of every SKU before the shop opens.
const OPENING_UNITS: u32 = 1_000_000_000;

/// How long an order's stock is held for payment.
const HOLD: Duration = Duration::from_secs(900);

/// How the shop sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sales {
    /// Four of five over the counter, where one command places and hands over; the fifth is ordered from afar.
    Mixed,
    /// All ordered from afar: placed, confirmed, shipped, delivered and completed by a command each.
    Remote,
}

/// A shop, and what is on its shelves.
pub struct Shop {
    sales: Sales,
    shelves: Vec<Shelf>,
    shelf_of: HashMap<Sku, usize>,
    baskets: Vec<Basket>,
    sold: usize,
    orders: Vec<OrderId>,
    is_open: bool,
}

/// A product of one variant, and its stock.
struct Shelf {
    create: CreateProduct,
    product: Product,
    product_version: u64,
    stock_id: StockId,
    stream: StreamId,
    item: StockItem,
    item_version: u64,
}

/// An order while it goes through the shop.
struct Sale {
    stream: StreamId,
    order: Order,
    version: u64,
    commands: Vec<PendingCommand>,
}

impl Shop {
    /// A shop with the sample's first `products` products, which sells the sample's baskets.
    pub fn new(products: usize, sales: Sales) -> Result<Self> {
        let catalogue = sample::products(products)?;
        let shelves: Vec<Shelf> = catalogue.into_iter().map(Shelf::new).collect();
        let sku_of = |shelf: &Shelf| shelf.stock_id.sku.clone();
        Ok(Self {
            sales,
            shelf_of: shelves.iter().map(sku_of).zip(0..).collect(),
            shelves,
            baskets: sample::baskets()?,
            sold: 0,
            orders: Vec::new(),
            is_open: false,
        })
    }

    /// The orders that were placed so far, in the journal's order.
    pub fn orders(&self) -> &[OrderId] {
        &self.orders
    }

    /// Sells until the journal holds about `until` events, an order more at most. Returns the shop, where the journal ends,
    /// and how long it took.
    pub async fn sell(
        mut self,
        journal: &Journal,
        until: Position,
    ) -> Result<(Self, Position, Duration)> {
        let began = Instant::now();
        let (batches, mut made) = mpsc::channel(2);
        let mut head = journal.head().await?;
        // The next batches are decided while this one is written.
        let shop = tokio::task::spawn_blocking(move || {
            self.make(until.saturating_sub(head), &batches)
                .map(|()| self)
        });
        let mut writer = journal.writer();
        while let Some(batch) = made.recv().await {
            let batch: Batch = batch;
            let events: usize = batch.commands.iter().map(|it| it.events.len()).sum();
            for outcome in writer.append(batch).await?.commands {
                let appended = matches!(outcome, CommandOutcome::Appended(_));
                ensure!(appended, "the door refused an event: {outcome:?}");
            }
            head += events as Position;
        }
        Ok((shop.await??, head, began.elapsed()))
    }

    fn make(&mut self, events: u64, batches: &mpsc::Sender<Batch>) -> Result<()> {
        let (mut made, mut batch) = (0, Batch::default());
        let mut add = |commands: Vec<PendingCommand>| -> Result<u64> {
            for command in commands {
                made += command.events.len() as u64;
                batch.commands.push(command);
                if batch.commands.len() == BATCH_COMMANDS_MAX {
                    batches.blocking_send(std::mem::take(&mut batch))?;
                }
            }
            Ok(made)
        };
        if !self.is_open {
            self.is_open = true;
            for shelf in &mut self.shelves {
                add(vec![shelf.create()?, shelf.receive()?])?;
            }
        }
        while add(Vec::new())? < events {
            add(self.sale()?)?;
        }
        batches
            .blocking_send(batch)
            .context("nobody appends any more")
    }

    /// The commands of the next sale.
    fn sale(&mut self) -> Result<Vec<PendingCommand>> {
        let number = self.sold;
        self.sold += 1;
        let order_id = OrderId(Uuid::now_v7());
        self.orders.push(order_id);
        let mut sale = Sale {
            stream: StreamId::new(domain::order::TYPE, order_id.aggregate_id()),
            order: Order::default(),
            version: 0,
            commands: Vec::new(),
        };
        let is_remote = self.sales == Sales::Remote || number.is_multiple_of(5);
        let place = self.wanted(order_id, number % self.baskets.len(), is_remote)?;
        let shelf_of = |sku: &Sku| Some(&self.shelves[*self.shelf_of.get(sku)?]);
        let product =
            |sku: &Sku| shelf_of(sku).map(|shelf| (&shelf.product, shelf.product_version));
        let stock = |id: &StockId| shelf_of(&id.sku).map(|shelf| &shelf.item);
        let placed = ordering::place(&sale.order, &stock, &product, place, &now()?)?;
        self.record(&mut sale, "PlaceOrder", placed);
        if is_remote {
            self.follow_up(&mut sale, number)?;
        }
        Ok(sale.commands)
    }

    /// What becomes of an order from afar: one of twenty is not paid for, one is cancelled, two lose a unit.
    fn follow_up(&mut self, sale: &mut Sale, number: usize) -> Result<()> {
        let facts = now()?;
        match number / 5 % 20 {
            0 => {
                let reason = RejectReason::PaymentDeclined;
                let rejected = ordering::reject(&sale.order, &self.stock(), reason, &facts)?;
                self.record(sale, "RejectOrder", rejected);
                return Ok(());
            }
            1 => {
                let cancelled = ordering::cancel(&sale.order, &self.stock(), None, &facts)?;
                self.record(sale, "CancelOrder", cancelled);
                return Ok(());
            }
            2 | 3 => {
                let first = sale.order.open_lines().swap_remove(0);
                let one = LineQuantity {
                    quantity: Quantity::new(1)?,
                    ..first
                };
                let cancelled =
                    ordering::cancel_lines(&sale.order, &self.stock(), vec![one], None, &facts)?;
                self.record(sale, "CancelLines", cancelled);
            }
            _ => {}
        }
        if !sale.order.open_lines().is_empty() {
            self.fulfil(sale, &facts)?;
        }
        Ok(())
    }

    fn fulfil(&mut self, sale: &mut Sale, facts: &Facts) -> Result<()> {
        let due = sale.order.due().context("it was placed")?;
        let confirmed = ordering::confirm(&sale.order, &self.stock(), due, facts)?;
        self.record(sale, "ConfirmOrder", confirmed);
        let shipment_id = ShipmentId(Uuid::now_v7());
        let ship = ShipLines {
            shipment_id,
            lines: Vec::new(),
            carrier: Some(Text::new("DHL")?),
            tracking: None,
        };
        let shipped = ordering::ship(&sale.order, &self.stock(), ship, facts)?;
        self.record(sale, "ShipLines", shipped);
        let delivered_at = None;
        let last = [
            (
                "RecordDelivery",
                OrderCommand::RecordDelivery {
                    shipment_id,
                    delivered_at,
                },
            ),
            ("CompleteOrder", OrderCommand::CompleteOrder),
        ];
        for (name, command) in last {
            let outcome = OrderingOutcome {
                order: domain::order::decide(&sale.order, command, facts)?,
                ..OrderingOutcome::default()
            };
            self.record(sale, name, outcome);
        }
        Ok(())
    }

    /// A basket as an order.
    fn wanted(&self, order_id: OrderId, basket: usize, is_remote: bool) -> Result<PlaceOrder> {
        let basket = &self.baskets[basket];
        let lines = basket.lines.iter().map(|line| WantedLine {
            // A shop with fewer products than the sample sells those that it has.
            sku: self.shelves[line.product % self.shelves.len()]
                .stock_id
                .sku
                .clone(),
            quantity: line.quantity,
            amounts: (!is_remote).then_some(line.amounts),
        });
        Ok(PlaceOrder {
            order_id,
            customer: Some(basket.customer.clone()),
            channel: (!is_remote).then(|| basket.channel.clone()),
            currency: Currency::USD,
            location: Location::default(),
            lines: lines.collect(),
            shipping: Money::zero(Currency::USD),
            expected_total: None,
            placed_at: (!is_remote).then_some(basket.placed_at),
            paid: (!is_remote).then_some(Paid::External),
            payment: None,
            hold: HOLD,
        })
    }

    fn stock<'a>(&'a self) -> impl Fn(&StockId) -> Option<&'a StockItem> + 'a {
        |id: &StockId| Some(&self.shelves[*self.shelf_of.get(&id.sku)?].item)
    }

    /// Takes what was decided for a fact, and makes a command for the door of it.
    fn record(&mut self, sale: &mut Sale, command: &str, outcome: OrderingOutcome) {
        let metadata = metadata(command);
        let mut events = Vec::new();
        for event in outcome.order {
            sale.version += 1;
            sale.order.evolve(&event);
            events.push(new_event(
                &sale.stream,
                sale.version,
                &event.into(),
                &metadata,
            ));
        }
        for (id, happened) in outcome.stock {
            let Some(shelf) = self.shelf_of.get(&id.sku).map(|at| &mut self.shelves[*at]) else {
                continue;
            };
            for event in happened {
                events.push(shelf.stocked(event, &metadata));
            }
        }
        sale.commands.push(PendingCommand {
            events,
            ..PendingCommand::default()
        });
    }
}

impl Shelf {
    fn new(create: CreateProduct) -> Self {
        let sku = create.variants[0].sku.clone();
        let stock_id = StockId::new(sku, Location::default());
        Self {
            create,
            product: Product::default(),
            product_version: 0,
            stream: StreamId::new(domain::stock::TYPE, stock_id.aggregate_id()),
            stock_id,
            item: StockItem::default(),
            item_version: 0,
        }
    }

    fn create(&mut self) -> Result<PendingCommand> {
        let id: ProductId = self.create.product_id;
        let stream = StreamId::new(domain::product::TYPE, id.aggregate_id());
        let metadata = metadata("CreateProduct");
        let create = ProductCommand::CreateProduct(self.create.clone());
        let mut events = Vec::new();
        for event in domain::product::decide(&self.product, create, &now()?)? {
            self.product.evolve(&event);
            self.product_version += 1;
            events.push(new_event(
                &stream,
                self.product_version,
                &event.into(),
                &metadata,
            ));
        }
        Ok(PendingCommand {
            events,
            ..PendingCommand::default()
        })
    }

    fn receive(&mut self) -> Result<PendingCommand> {
        let receive = StockCommand::ReceiveStock {
            stock_id: self.stock_id.clone(),
            quantity: Quantity::new(OPENING_UNITS)?,
            reference: None,
        };
        let metadata = metadata("ReceiveStock");
        let events = domain::stock::decide(&self.item, receive, &now()?)?;
        let events = events
            .into_iter()
            .map(|event| self.stocked(event, &metadata));
        Ok(PendingCommand {
            events: events.collect(),
            ..PendingCommand::default()
        })
    }

    fn stocked(
        &mut self,
        event: domain::stock::StockEvent,
        metadata: &MetadataTemplate,
    ) -> NewEvent {
        self.item.evolve(&event);
        self.item_version += 1;
        new_event(&self.stream, self.item_version, &event.into(), metadata)
    }
}

fn now() -> Result<Facts> {
    let now = Timestamp::try_from(OffsetDateTime::now_utc())?;
    Ok(Facts::at(now))
}

/// The metadata that the executor gives a command of this name.
fn metadata(command: &str) -> MetadataTemplate {
    let id = Uuid::now_v7().to_string();
    let metadata = Metadata {
        command_id: id.clone(),
        command: command.to_owned(),
        correlation_id: id,
        actor: "service:bench".into(),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into(),
        service_version: env!("CARGO_PKG_VERSION").into(),
        occurred_at: "2026-01-01T00:00:00.000000Z".into(),
        ..Metadata::default()
    };
    metadata.template()
}

fn new_event(
    stream: &StreamId,
    sequence: u64,
    event: &Event,
    metadata: &MetadataTemplate,
) -> NewEvent {
    NewEvent {
        stream: stream.clone(),
        sequence,
        event_type: event.event_type().into(),
        event_version: event.event_version().into(),
        payload: event.to_payload(),
        metadata: metadata.for_event(Uuid::now_v7()),
    }
}
