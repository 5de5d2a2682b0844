//! Posts orders' events.

use sqlx::PgConnection;

use super::document::OrderDocument;
use crate::fold;
use crate::projection::{PostError, Posting};

const TABLE: &str = "order_detail";

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    let documents =
        fold::fold::<OrderDocument>(connection, TABLE, include_str!("load.sql"), postings).await?;
    let (mut ids, mut versions, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for (id, document) in &documents {
        ids.push(*id);
        versions.push(document.version.cast_signed());
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
