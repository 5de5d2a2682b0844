//! Posts accounts' events into the directory.

use domain::value::Role;
use sqlx::PgConnection;

use super::document::AccountItem;
use crate::fold;
use crate::projection::{PostError, Posting};

const TABLE: &str = "account_directory";

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    let load = include_str!("load.sql");
    let items = fold::fold::<AccountItem>(connection, TABLE, load, postings).await?;
    if items.is_empty() {
        return Ok(());
    }
    let bodies = items.values().map(|item| fold::write(TABLE, item));
    let versions = items.values().map(|item| item.version.cast_signed());
    let positions = items.values().map(|item| item.position.cast_signed());
    sqlx::query(include_str!("store.sql"))
        .bind(items.keys().copied().collect::<Vec<_>>())
        .bind(versions.collect::<Vec<_>>())
        .bind(positions.collect::<Vec<_>>())
        .bind(items.values().map(roles).collect::<Vec<_>>())
        .bind(bodies.collect::<Result<Vec<_>, _>>()?)
        .execute(connection)
        .await?;
    Ok(())
}

/// The roles with spaces between them: an array of arrays must have one width.
fn roles(item: &AccountItem) -> String {
    let roles: Vec<&str> = item.roles.iter().copied().map(Role::as_str).collect();
    roles.join(" ")
}
