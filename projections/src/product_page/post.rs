//! Posts products' events.

use sqlx::PgConnection;

use super::document::ProductDocument;
use crate::fold;
use crate::projection::{PostError, Posting};

const TABLE: &str = "product_page";

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    let documents =
        fold::fold::<ProductDocument>(connection, TABLE, include_str!("load.sql"), postings)
            .await?;
    let bodies = documents
        .values()
        .map(|document| fold::write(TABLE, document))
        .collect::<Result<Vec<_>, _>>()?;
    sqlx::query(include_str!("store.sql"))
        .bind(documents.keys().copied().collect::<Vec<_>>())
        .bind(
            documents
                .values()
                .map(|document| document.slug.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(
            documents
                .values()
                .map(|document| document.version.cast_signed())
                .collect::<Vec<_>>(),
        )
        .bind(
            documents
                .values()
                .map(|document| document.published)
                .collect::<Vec<_>>(),
        )
        .bind(bodies)
        .execute(connection)
        .await?;
    Ok(())
}
