//! Posts stock items' events: the levels, and the open reservations.

mod level;
mod reservation;

use sqlx::PgConnection;

use crate::projection::{PostError, Posting};

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    level::post(connection, postings).await?;
    reservation::post(connection, postings).await
}
