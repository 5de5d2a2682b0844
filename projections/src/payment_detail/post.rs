//! Posts payments' events.

use sqlx::PgConnection;

use super::document::PaymentDocument;
use crate::fold::{self, StreamDocument};
use crate::projection::{PostError, Posting};

const TABLE: &str = "payment_detail";

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    let documents =
        fold::fold::<PaymentDocument>(connection, TABLE, include_str!("load.sql"), postings)
            .await?;
    let (mut ids, mut versions, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for (id, document) in &documents {
        ids.push(*id);
        versions.push(document.version().cast_signed());
        bodies.push(fold::write(TABLE, document)?);
    }
    sqlx::query(include_str!("store.sql"))
        .bind(ids)
        .bind(versions)
        .bind(bodies)
        .execute(connection)
        .await?;
    Ok(())
}
