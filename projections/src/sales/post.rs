//! Posts orders' lines, and products' categories.

mod category;
mod line;

use sqlx::PgConnection;

use crate::projection::{PostError, Postings};

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &Postings,
) -> Result<(), PostError> {
    line::post(connection, postings.of(domain::order::TYPE)).await?;
    category::post(connection, postings.of(domain::product::TYPE)).await
}
