//! A response body with the version of what it shows.

use bytes::Bytes;
use sqlx::Row;
use sqlx::postgres::PgRow;

/// A response body, ready to be copied to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The version of the stream that it shows: the `ETag` is `"v{version}"`.
    pub version: u64,
    /// How many events of another stream it shows beside, where it shows one: the body of a version may change with it.
    pub revision: u64,
    /// Whether everybody may see it: a product that is for sale, and nothing else.
    pub published: bool,
    /// Whose it is, where it is somebody's.
    pub owner: Option<String>,
    /// JSON.
    pub body: Bytes,
}

impl sqlx::FromRow<'_, PgRow> for Document {
    /// Reads the columns `version`, `revision`, `published`, `owner` and `body`.
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let version: i64 = row.try_get("version")?;
        let revision: i64 = row.try_get("revision")?;
        let body: String = row.try_get("body")?;
        Ok(Self {
            version: version.cast_unsigned(),
            revision: revision.cast_unsigned(),
            published: row.try_get("published")?,
            owner: row.try_get("owner")?,
            body: body.into(),
        })
    }
}
