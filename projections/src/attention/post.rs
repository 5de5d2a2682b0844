//! Opens and closes cases.

use std::collections::{BTreeMap, BTreeSet};

use domain::Event;
use domain::payment::{PaymentEvent, PaymentRequested};
use domain::value::{Money, OrderId, PaymentId, Text, Timestamp};
use journal::Position;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::fold;
use crate::projection::{PostError, Posting};

const TABLE: &str = "attention";
const PAYMENTS: &str = "attention_payment";

/// What is told of a case's payment.
#[derive(Clone, Serialize, Deserialize)]
struct Payment {
    payment_id: PaymentId,
    order_id: OrderId,
    gateway: Text,
    amount: Money,
}

/// A case as it is listed.
#[derive(Serialize)]
struct Case {
    #[serde(flatten)]
    payment: Payment,
    what: Text,
    tried: Text,
    since: Timestamp,
    position: Position,
}

/// What a batch says of each payment's case in the end: open, or closed.
type Cases = BTreeMap<Uuid, Option<Case>>;

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    let begun = begun(postings)?;
    store_payments(connection, &begun).await?;
    let mut payments = load_payments(connection, &raised(postings, &begun)?).await?;
    payments.extend(begun);
    let cases = cases(postings, &payments)?;
    close(connection, &cases).await?;
    store(connection, &cases).await
}

fn begun(postings: &[Posting]) -> Result<BTreeMap<Uuid, Payment>, PostError> {
    let mut begun = BTreeMap::new();
    for posting in postings {
        if let Event::Payment(PaymentEvent::PaymentRequested(requested)) = &posting.event {
            begun.insert(posting.id()?, Payment::from(&**requested));
        }
    }
    Ok(begun)
}

/// The payments of the cases that are opened and that did not begin in the batch.
fn raised(
    postings: &[Posting],
    begun: &BTreeMap<Uuid, Payment>,
) -> Result<BTreeSet<Uuid>, PostError> {
    let mut raised = BTreeSet::new();
    for posting in postings {
        if let Event::Payment(PaymentEvent::PaymentAttentionRaised { .. }) = &posting.event {
            let id = posting.id()?;
            if !begun.contains_key(&id) {
                raised.insert(id);
            }
        }
    }
    Ok(raised)
}

fn cases(postings: &[Posting], payments: &BTreeMap<Uuid, Payment>) -> Result<Cases, PostError> {
    let mut cases = Cases::new();
    for posting in postings {
        match &posting.event {
            Event::Payment(PaymentEvent::PaymentAttentionRaised { what, tried }) => {
                let id = posting.id()?;
                let payment = payments.get(&id).cloned().ok_or_else(|| {
                    posting.poison("the first event of its stream has not been posted")
                })?;
                let case = Case {
                    payment,
                    what: what.clone(),
                    tried: tried.clone(),
                    since: posting.recorded_at,
                    position: posting.position,
                };
                cases.insert(id, Some(case));
            }
            Event::Payment(PaymentEvent::PaymentAttentionSettled { .. }) => {
                cases.insert(posting.id()?, None);
            }
            _ => {}
        }
    }
    Ok(cases)
}

impl From<&PaymentRequested> for Payment {
    fn from(requested: &PaymentRequested) -> Self {
        Self {
            payment_id: requested.payment_id,
            order_id: requested.order_id,
            gateway: requested.gateway.clone(),
            amount: requested.amount,
        }
    }
}

async fn load_payments(
    connection: &mut PgConnection,
    ids: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, Payment>, PostError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(Uuid, String)> = sqlx::query_as(include_str!("load_payments.sql"))
        .bind(ids.iter().copied().collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|(id, body)| Ok((id, fold::read(PAYMENTS, &body)?)))
        .collect()
}

async fn store_payments(
    connection: &mut PgConnection,
    begun: &BTreeMap<Uuid, Payment>,
) -> Result<(), PostError> {
    if begun.is_empty() {
        return Ok(());
    }
    let bodies = begun.values().map(|payment| fold::write(PAYMENTS, payment));
    sqlx::query(include_str!("store_payments.sql"))
        .bind(begun.keys().copied().collect::<Vec<_>>())
        .bind(bodies.collect::<Result<Vec<_>, _>>()?)
        .execute(connection)
        .await?;
    Ok(())
}

async fn close(connection: &mut PgConnection, cases: &Cases) -> Result<(), PostError> {
    let closed = cases.iter().filter(|(_, case)| case.is_none());
    let closed: Vec<Uuid> = closed.map(|(id, _)| *id).collect();
    if closed.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("close.sql"))
        .bind(closed)
        .execute(connection)
        .await?;
    Ok(())
}

async fn store(connection: &mut PgConnection, cases: &Cases) -> Result<(), PostError> {
    let open = cases.iter();
    let open: Vec<_> = open
        .filter_map(|(id, case)| Some((*id, case.as_ref()?)))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let positions = open.iter().map(|(_, case)| case.position.cast_signed());
    let bodies = open.iter().map(|(_, case)| fold::write(TABLE, case));
    sqlx::query(include_str!("store.sql"))
        .bind(open.iter().map(|(id, _)| *id).collect::<Vec<_>>())
        .bind(positions.collect::<Vec<_>>())
        .bind(bodies.collect::<Result<Vec<_>, _>>()?)
        .execute(connection)
        .await?;
    Ok(())
}
