//! Posts orders' lines, and products' categories.

mod category;
mod line;

use sqlx::PgConnection;

use crate::projection::{PostError, Posting};

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    line::post(connection, postings).await?;
    category::post(connection, postings).await
}
