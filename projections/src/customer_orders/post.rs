//! Posts orders' events, and their payments', into the list.

use sqlx::PgConnection;

use super::document::OrderItem;
use crate::fold;
use crate::paid::{self, PaidDocument, PaidTable};
use crate::projection::{PostError, Postings};

const TABLES: PaidTable = PaidTable {
    table: "customer_orders",
    load: include_str!("load.sql"),
    load_paid: include_str!("load_paid.sql"),
    waiting_table: "customer_orders_payment",
    load_waiting: include_str!("load_waiting.sql"),
    store_waiting: include_str!("store_waiting.sql"),
    end_waiting: include_str!("end_waiting.sql"),
};

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &Postings,
) -> Result<(), PostError> {
    let items = paid::fold::<OrderItem>(connection, &TABLES, postings).await?;
    if items.is_empty() {
        return Ok(());
    }
    let bodies = items
        .values()
        .map(|item| fold::write(TABLES.table, item))
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
        .bind(
            items
                .values()
                .map(|item| item.payment_id().map(|id| id.0))
                .collect::<Vec<_>>(),
        )
        .bind(bodies)
        .execute(connection)
        .await?;
    Ok(())
}
