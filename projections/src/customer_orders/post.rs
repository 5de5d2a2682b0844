//! Posts orders' events into the list.

use sqlx::PgConnection;

use super::document::OrderItem;
use crate::fold;
use crate::projection::{PostError, Posting};

const TABLE: &str = "customer_orders";

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    let items =
        fold::fold::<OrderItem>(connection, TABLE, include_str!("load.sql"), postings).await?;
    let bodies = items
        .values()
        .map(|item| fold::write(TABLE, item))
        .collect::<Result<Vec<_>, _>>()?;
    sqlx::query(include_str!("store.sql"))
        .bind(items.keys().copied().collect::<Vec<_>>())
        .bind(
            items
                .values()
                .map(|item| item.version.cast_signed())
                .collect::<Vec<_>>(),
        )
        .bind(
            items
                .values()
                .map(|item| item.customer.as_deref())
                .collect::<Vec<_>>(),
        )
        .bind(
            items
                .values()
                .map(|item| item.channel.as_deref())
                .collect::<Vec<_>>(),
        )
        .bind(
            items
                .values()
                .map(|item| item.status.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(
            items
                .values()
                .map(|item| item.placed_at.to_offset_date_time())
                .collect::<Vec<_>>(),
        )
        .bind(bodies)
        .execute(connection)
        .await?;
    Ok(())
}
