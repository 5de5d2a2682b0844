//! What entries need beside their event: it is in the first event of the same stream.
//!
//! An order that is placed and closed within a batch, as a sale at a till is, never touches the
//! table.

use std::collections::{BTreeMap, BTreeSet};

use domain::Event;
use domain::ledger::{OrderTerms, PaymentTerms};
use domain::order::OrderEvent;
use domain::payment::PaymentEvent;
use domain::value::{Currency, OrderId, PaymentId, Text, ValueError};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::projection::{PostError, Posting};

/// The terms that a batch needs or makes.
#[derive(Default)]
pub(super) struct Terms {
    orders: BTreeMap<Uuid, OrderTerms>,
    payments: BTreeMap<Uuid, PaymentTerms>,
    /// Orders that the batch places and leaves open.
    opened: BTreeSet<Uuid>,
    /// Orders that the batch closes and did not place.
    closed: BTreeSet<Uuid>,
    /// Payments that the batch requests.
    requested: BTreeSet<Uuid>,
}

/// Whether an event may have an entry.
pub(super) fn are_needed(event: &Event) -> bool {
    match event {
        Event::Order(OrderEvent::OrderPlaced(placed)) => placed.paid.is_some(),
        Event::Order(OrderEvent::OrderShipped { .. })
        | Event::Payment(
            PaymentEvent::PaymentCaptured { .. } | PaymentEvent::PaymentRefunded { .. },
        ) => true,
        _ => false,
    }
}

/// The streams that began before the batch and whose terms it needs.
fn earlier(postings: &[Posting]) -> Result<Vec<Uuid>, PostError> {
    let (mut begun, mut earlier) = (BTreeSet::new(), BTreeSet::new());
    for posting in postings {
        if posting.sequence == 1 {
            begun.insert(posting.id()?);
        } else if are_needed(&posting.event) {
            earlier.insert(posting.id()?);
        }
    }
    Ok(earlier.difference(&begun).copied().collect())
}

fn corrupt(table: &'static str) -> impl Fn(ValueError) -> PostError {
    move |error| PostError::Corrupt {
        table,
        reason: error.to_string(),
    }
}

impl Terms {
    pub(super) async fn load(
        connection: &mut PgConnection,
        orders: &[Posting],
        payments: &[Posting],
    ) -> Result<Self, PostError> {
        Ok(Self {
            orders: load_orders(connection, &earlier(orders)?).await?,
            payments: load_payments(connection, &earlier(payments)?).await?,
            ..Self::default()
        })
    }

    pub(super) fn order(&self, id: Uuid) -> Option<OrderTerms> {
        self.orders.get(&id).copied()
    }

    pub(super) fn payment(&self, id: Uuid) -> Option<&PaymentTerms> {
        self.payments.get(&id)
    }

    /// Takes up what an event says of its stream's terms.
    pub(super) fn learn(&mut self, posting: &Posting) -> Result<(), PostError> {
        match &posting.event {
            Event::Order(OrderEvent::OrderPlaced(placed)) => {
                let id = posting.id()?;
                self.orders.insert(id, (&**placed).into());
                self.opened.insert(id);
            }
            Event::Order(
                OrderEvent::OrderCompleted {}
                | OrderEvent::OrderRejected { .. }
                | OrderEvent::OrderCancelled { .. },
            ) => {
                let id = posting.id()?;
                if !self.opened.remove(&id) {
                    self.closed.insert(id);
                }
            }
            Event::Payment(PaymentEvent::PaymentRequested(requested)) => {
                let id = posting.id()?;
                self.payments.insert(id, (&**requested).into());
                self.requested.insert(id);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) async fn store(&self, connection: &mut PgConnection) -> Result<(), PostError> {
        self.end_orders(connection).await?;
        self.store_orders(connection).await?;
        self.store_payments(connection).await
    }

    async fn end_orders(&self, connection: &mut PgConnection) -> Result<(), PostError> {
        if self.closed.is_empty() {
            return Ok(());
        }
        sqlx::query(include_str!("../end_orders.sql"))
            .bind(self.closed.iter().copied().collect::<Vec<_>>())
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn store_orders(&self, connection: &mut PgConnection) -> Result<(), PostError> {
        if self.opened.is_empty() {
            return Ok(());
        }
        let opened = self.opened.iter().filter_map(|id| self.orders.get(id));
        let currency = |terms: &OrderTerms| terms.currency.code();
        sqlx::query(include_str!("../store_orders.sql"))
            .bind(self.opened.iter().copied().collect::<Vec<_>>())
            .bind(opened.map(currency).collect::<Vec<_>>())
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn store_payments(&self, connection: &mut PgConnection) -> Result<(), PostError> {
        if self.requested.is_empty() {
            return Ok(());
        }
        let requested = self.requested.iter();
        let requested: Vec<_> = requested.filter_map(|id| self.payments.get(id)).collect();
        let column = |of: fn(&PaymentTerms) -> Uuid| requested.iter().map(move |terms| of(terms));
        let gateways = requested.iter().map(|terms| terms.gateway.as_str());
        sqlx::query(include_str!("../store_payments.sql"))
            .bind(column(|terms| terms.payment_id.0).collect::<Vec<_>>())
            .bind(column(|terms| terms.order_id.0).collect::<Vec<_>>())
            .bind(gateways.collect::<Vec<_>>())
            .execute(connection)
            .await?;
        Ok(())
    }
}

async fn load_orders(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, OrderTerms>, PostError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(Uuid, String)> = sqlx::query_as(include_str!("../load_orders.sql"))
        .bind(ids)
        .fetch_all(connection)
        .await?;
    let terms = |(id, currency): (Uuid, String)| {
        let currency: Currency = currency.parse().map_err(corrupt("payment_ledger_order"))?;
        let order_id = OrderId(id);
        Ok((id, OrderTerms { order_id, currency }))
    };
    rows.into_iter().map(terms).collect()
}

async fn load_payments(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, PaymentTerms>, PostError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(Uuid, Uuid, String)> = sqlx::query_as(include_str!("../load_payments.sql"))
        .bind(ids)
        .fetch_all(connection)
        .await?;
    let terms = |(id, order_id, gateway): (Uuid, Uuid, String)| {
        let terms = PaymentTerms {
            payment_id: PaymentId(id),
            order_id: OrderId(order_id),
            gateway: Text::new(gateway).map_err(corrupt("payment_ledger_payment"))?,
        };
        Ok((id, terms))
    };
    rows.into_iter().map(terms).collect()
}
