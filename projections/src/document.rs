//! A ready-made response body with the version of what it shows.

use sqlx::Row;
use sqlx::postgres::PgRow;

/// A response body, ready to be copied to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The version of the stream that it shows: the `ETag` is `"v{version}"`.
    pub version: u64,
    /// JSON.
    pub body: String,
}

impl sqlx::FromRow<'_, PgRow> for Document {
    /// Reads the columns `version` and `body`.
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let version: i64 = row.try_get("version")?;
        Ok(Self {
            version: version.cast_unsigned(),
            body: row.try_get("body")?,
        })
    }
}
