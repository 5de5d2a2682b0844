//! Documents that are each made of one stream: loaded, folded over a batch in memory, stored.
//!
//! The stored body is the whole state: nothing else is kept, so a body cannot drift from it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::projection::{PostError, Posting};

/// A document made of the events of one stream.
pub(crate) trait StreamDocument: Serialize + DeserializeOwned + Send + Unpin {
    /// The document after the stream's first event.
    fn open(first: &Posting) -> Result<Self, PostError>;

    /// Takes a later event into account.
    fn evolve(&mut self, posting: &Posting);

    /// Fills in what is derived, once per batch.
    fn derive(&mut self) {}

    /// The version of the stream that it shows.
    fn version(&self) -> u64;
}

/// The documents that a batch touches, by their streams' ids.
///
/// `load_sql` selects `(id, body)` for the ids in `$1`. A stream that begins in the batch is not
/// looked for.
pub(crate) async fn fold<D: StreamDocument>(
    connection: &mut PgConnection,
    table: &'static str,
    load_sql: &'static str,
    postings: &[Posting],
) -> Result<BTreeMap<Uuid, D>, PostError> {
    let known = known_ids(postings)?;
    let mut documents = load(connection, table, load_sql, &known).await?;
    for posting in postings {
        evolve(&mut documents, posting)?;
    }
    documents.values_mut().for_each(StreamDocument::derive);
    Ok(documents)
}

/// Takes one event into account, in the document of its stream.
pub(crate) fn evolve<D: StreamDocument>(
    documents: &mut BTreeMap<Uuid, D>,
    posting: &Posting,
) -> Result<(), PostError> {
    let id = posting.id()?;
    if let Some(document) = documents.get_mut(&id) {
        posting.follows(document.version())?;
        document.evolve(posting);
    } else {
        posting.follows(0)?;
        documents.insert(id, D::open(posting)?);
    }
    Ok(())
}

/// The streams that began before this batch.
pub(crate) fn known_ids(postings: &[Posting]) -> Result<Vec<Uuid>, PostError> {
    let mut first: BTreeMap<Uuid, u64> = BTreeMap::new();
    for posting in postings {
        first.entry(posting.id()?).or_insert(posting.sequence);
    }
    Ok(first
        .into_iter()
        .filter(|(_, sequence)| *sequence > 1)
        .map(|(id, _)| id)
        .collect())
}

/// The stored documents of these ids.
pub(crate) async fn load<D: StreamDocument>(
    connection: &mut PgConnection,
    table: &'static str,
    load_sql: &'static str,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, D>, PostError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(Uuid, String)> = sqlx::query_as(load_sql)
        .bind(ids)
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|(id, body)| Ok((id, read(table, &body)?)))
        .collect()
}

/// A document from its stored text.
pub(crate) fn read<D: DeserializeOwned>(table: &'static str, body: &str) -> Result<D, PostError> {
    serde_json::from_str(body).map_err(|error| PostError::Corrupt {
        table,
        reason: error.to_string(),
    })
}

/// The stored text of a document.
pub(crate) fn write<D: Serialize>(table: &'static str, document: &D) -> Result<String, PostError> {
    serde_json::to_string(document).map_err(|error| PostError::Corrupt {
        table,
        reason: error.to_string(),
    })
}
