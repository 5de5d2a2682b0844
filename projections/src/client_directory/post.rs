//! Posts clients' events into the directory.

use sqlx::PgConnection;

use super::document::ClientDocument;
use crate::fold;
use crate::projection::{PostError, Posting};

const TABLE: &str = "client_directory";

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    let load = include_str!("load.sql");
    let clients = fold::fold::<ClientDocument>(connection, TABLE, load, postings).await?;
    if clients.is_empty() {
        return Ok(());
    }
    let bodies = clients.values().map(|client| fold::write(TABLE, client));
    let versions = clients.values().map(|client| client.version.cast_signed());
    let positions = clients.values().map(|client| client.position.cast_signed());
    sqlx::query(include_str!("store.sql"))
        .bind(clients.keys().copied().collect::<Vec<_>>())
        .bind(versions.collect::<Vec<_>>())
        .bind(positions.collect::<Vec<_>>())
        .bind(bodies.collect::<Result<Vec<_>, _>>()?)
        .execute(connection)
        .await?;
    Ok(())
}
