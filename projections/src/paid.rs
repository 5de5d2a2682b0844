//! Documents that are each made of an order's stream and of its payment's.
//!
//! The two arrive in any order between them. What is known of a payment is part of its order's document; of
//! a payment whose order has not come yet it waits in a table of its own, and moves over when the order
//! comes: in the end nothing waits, whatever came first.

use std::collections::{BTreeMap, BTreeSet};

use domain::value::PaymentId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::fold::{self, StreamDocument};
use crate::payment_progress::PaymentProgress;
use crate::projection::{PostError, Posting, Postings};

/// A document of an order that shows its payment.
pub(crate) trait PaidDocument: StreamDocument {
    /// The payment that it may have: none if it was paid outside.
    fn payment_id(&self) -> Option<PaymentId>;

    /// What is known of its payment.
    fn payment(&mut self) -> &mut Option<PaymentProgress>;
}

/// Where such documents are kept.
pub(crate) struct PaidTable {
    /// The documents' table.
    pub table: &'static str,
    /// Selects `(order_id, body)` for the orders in `$1`.
    pub load: &'static str,
    /// Selects `(order_id, body)` for the payments in `$1`.
    pub load_paid: &'static str,
    /// The table of the payments that wait.
    pub waiting_table: &'static str,
    /// Selects `(payment_id, body)` for the payments in `$1`.
    pub load_waiting: &'static str,
    /// Stores the payments `$1` with the bodies `$2`.
    pub store_waiting: &'static str,
    /// Deletes the payments in `$1`.
    pub end_waiting: &'static str,
}

/// The documents that a batch touches, by their orders' ids. What waits is stored.
pub(crate) async fn fold<D: PaidDocument>(
    connection: &mut PgConnection,
    tables: &PaidTable,
    postings: &Postings,
) -> Result<BTreeMap<Uuid, D>, PostError> {
    let orders = postings.of(domain::order::TYPE);
    let payments = postings.of(domain::payment::TYPE);
    let mut documents = load::<D>(connection, tables, orders, payments).await?;
    let mut wanted = known_payments(payments)?;
    let mut order_of = orders_by_payment(&documents);
    for posting in orders {
        fold::evolve(&mut documents, posting)?;
        if posting.sequence == 1 {
            let order_id = posting.id()?;
            let payment_id = documents.get(&order_id).and_then(D::payment_id);
            if let Some(payment_id) = payment_id {
                order_of.insert(payment_id.0, order_id);
                wanted.insert(payment_id.0);
            }
        }
    }
    wanted.retain(|id| {
        let order = order_of.get(id).and_then(|order| documents.get_mut(order));
        order.is_none_or(|order| order.payment().is_none())
    });
    let mut waiting = Waiting::load(connection, tables, wanted).await?;
    for (payment_id, order_id) in &order_of {
        if let Some(known) = waiting.now.remove(payment_id)
            && let Some(document) = documents.get_mut(order_id)
        {
            *document.payment() = Some(known);
        }
    }
    for posting in payments {
        let id: Uuid = posting.id()?;
        match order_of.get(&id).and_then(|order| documents.get_mut(order)) {
            Some(document) => PaymentProgress::take(document.payment(), posting)?,
            None => waiting.take(id, posting)?,
        }
    }
    waiting.store(connection, tables).await?;
    documents.values_mut().for_each(StreamDocument::derive);
    Ok(documents)
}

/// The documents of the orders that began before the batch, and of those whose payments it is about.
async fn load<D: PaidDocument>(
    connection: &mut PgConnection,
    tables: &PaidTable,
    orders: &[Posting],
    payments: &[Posting],
) -> Result<BTreeMap<Uuid, D>, PostError> {
    let known = fold::known_ids(orders)?;
    let mut documents = fold::load(connection, tables.table, tables.load, &known).await?;
    let paid: BTreeSet<Uuid> = payments.iter().map(Posting::id).collect::<Result<_, _>>()?;
    let paid: Vec<Uuid> = paid.into_iter().collect();
    documents.extend(fold::load(connection, tables.table, tables.load_paid, &paid).await?);
    Ok(documents)
}

fn orders_by_payment<D: PaidDocument>(documents: &BTreeMap<Uuid, D>) -> BTreeMap<Uuid, Uuid> {
    let pair = |(order_id, document): (&Uuid, &D)| Some((document.payment_id()?.0, *order_id));
    documents.iter().filter_map(pair).collect()
}

/// The payments that began before this batch.
fn known_payments(payments: &[Posting]) -> Result<BTreeSet<Uuid>, PostError> {
    Ok(fold::known_ids(payments)?.into_iter().collect())
}

/// The payments whose orders have not come yet.
struct Waiting {
    now: BTreeMap<Uuid, PaymentProgress>,
    stored: BTreeSet<Uuid>,
}

impl Waiting {
    async fn load(
        connection: &mut PgConnection,
        tables: &PaidTable,
        wanted: BTreeSet<Uuid>,
    ) -> Result<Self, PostError> {
        if wanted.is_empty() {
            return Ok(Self {
                now: BTreeMap::new(),
                stored: BTreeSet::new(),
            });
        }
        let rows: Vec<(Uuid, String)> = sqlx::query_as(tables.load_waiting)
            .bind(wanted.into_iter().collect::<Vec<_>>())
            .fetch_all(connection)
            .await?;
        let known = |(id, body): (Uuid, String)| Ok((id, fold::read(tables.waiting_table, &body)?));
        let now: BTreeMap<_, _> = rows
            .into_iter()
            .map(known)
            .collect::<Result<_, PostError>>()?;
        let stored = now.keys().copied().collect();
        Ok(Self { now, stored })
    }

    fn take(&mut self, id: Uuid, posting: &Posting) -> Result<(), PostError> {
        let mut known = self.now.remove(&id);
        PaymentProgress::take(&mut known, posting)?;
        self.now.extend(known.map(|known| (id, known)));
        Ok(())
    }

    async fn store(
        &self,
        connection: &mut PgConnection,
        tables: &PaidTable,
    ) -> Result<(), PostError> {
        let ended = self.stored.iter().filter(|id| !self.now.contains_key(id));
        let ended: Vec<Uuid> = ended.copied().collect();
        if !ended.is_empty() {
            sqlx::query(tables.end_waiting)
                .bind(ended)
                .execute(&mut *connection)
                .await?;
        }
        if self.now.is_empty() {
            return Ok(());
        }
        let bodies = self.now.values();
        let bodies = bodies.map(|known| fold::write(tables.waiting_table, known));
        sqlx::query(tables.store_waiting)
            .bind(self.now.keys().copied().collect::<Vec<_>>())
            .bind(bodies.collect::<Result<Vec<_>, _>>()?)
            .execute(connection)
            .await?;
        Ok(())
    }
}
