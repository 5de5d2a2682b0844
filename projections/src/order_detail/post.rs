//! Posts orders' events, and their payments'.

use sqlx::PgConnection;

use super::document::OrderDocument;
use crate::fold;
use crate::paid::{self, PaidDocument, PaidTable};
use crate::projection::{PostError, Postings};

const TABLES: PaidTable = PaidTable {
    table: "order_detail",
    load: include_str!("load.sql"),
    load_paid: include_str!("load_paid.sql"),
    waiting_table: "order_detail_payment",
    load_waiting: include_str!("load_waiting.sql"),
    store_waiting: include_str!("store_waiting.sql"),
    end_waiting: include_str!("end_waiting.sql"),
};

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &Postings,
) -> Result<(), PostError> {
    let documents = paid::fold::<OrderDocument>(connection, &TABLES, postings).await?;
    if documents.is_empty() {
        return Ok(());
    }
    let (mut ids, mut payments, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    let mut customers = Vec::new();
    let (mut versions, mut revisions) = (Vec::new(), Vec::new());
    for (id, document) in &documents {
        ids.push(*id);
        versions.push(document.version.cast_signed());
        revisions.push(document.revision().cast_signed());
        payments.push(document.payment_id().map(|id| id.0));
        customers.push(document.customer());
        bodies.push(fold::write(TABLES.table, document)?);
    }
    sqlx::query(include_str!("store.sql"))
        .bind(ids)
        .bind(versions)
        .bind(revisions)
        .bind(payments)
        .bind(customers)
        .bind(bodies)
        .execute(connection)
        .await?;
    Ok(())
}
