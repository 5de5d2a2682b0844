//! Posts orders' lines, payments' refunds, and products' categories.

mod category;
mod line;
mod refund;

use sqlx::PgConnection;

use crate::projection::{PostError, Postings};

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &Postings,
) -> Result<(), PostError> {
    let orders = postings.of(domain::order::TYPE);
    line::post(connection, orders).await?;
    refund::post_channels(connection, orders).await?;
    refund::post(connection, postings.of(domain::payment::TYPE)).await?;
    category::post(connection, postings.of(domain::product::TYPE)).await
}
