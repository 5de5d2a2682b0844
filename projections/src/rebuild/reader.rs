//! Reading the journal for rebuilds: once, however many tables are built from it, while they post what came before.

use std::collections::BTreeSet;
use std::sync::Arc;

use journal::{Journal, Position, StreamId};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::RebuildError;
use crate::projection::{Posting, Postings, Projection};

/// Most events that are posted in one transaction. Large: a row that changes often is written once for all of them.
const CHUNK_EVENTS_MAX: u64 = 50_000;

/// Fewer than this are not worth a transaction.
const CHUNK_EVENTS_MIN: u64 = 1_000;

/// How many bytes of payload a chunk should hold: large events make small chunks. With the number of chunks on their way,
/// the bound of what is in memory.
const CHUNK_BYTES: u64 = 16 * 1024 * 1024;

/// Chunks that wait for a table that is slower than the others.
const CHUNKS_WAITING: usize = 1;

/// What was read from the journal.
pub(super) struct Chunk {
    /// What is to be posted of it.
    pub postings: Postings,
    /// The last position that was read.
    pub through: Position,
}

/// Chunks from the journal's beginning, in order. It may end early; then its reader goes on alone.
pub(super) type Chunks = mpsc::Receiver<Arc<Chunk>>;

/// Reads for several tables at once. Dropped, it stops.
pub(super) struct Reader {
    _reading: AbortOnDropHandle<()>,
}

impl Reader {
    /// Reads up to `through` for these projections; returns the chunks for each, in their order.
    ///
    /// An error ends the chunks: who needs more reads on alone, and meets the error if it concerns them.
    pub fn start(
        journal: &Journal,
        projections: &[&'static Projection],
        through: Position,
    ) -> (Self, Vec<Chunks>) {
        let (senders, receivers): (Vec<_>, Vec<_>) = projections
            .iter()
            .map(|_| mpsc::channel(CHUNKS_WAITING))
            .unzip();
        let wanted = Wanted::by(projections);
        let read_all = read_all(journal.clone(), wanted, through, senders);
        let reading = AbortOnDropHandle::new(tokio::spawn(read_all));
        (Self { _reading: reading }, receivers)
    }
}

/// What projections read of the journal.
struct Wanted {
    types: Vec<&'static str>,
    metadata_of: Vec<&'static str>,
}

impl Wanted {
    fn by(projections: &[&'static Projection]) -> Self {
        let all = |types: fn(&Projection) -> &'static [&'static str]| {
            let all = projections.iter().flat_map(|projection| types(projection));
            let all: BTreeSet<_> = all.copied().collect();
            all.into_iter().collect()
        };
        Self {
            types: all(|projection| projection.aggregate_types),
            metadata_of: all(|projection| projection.metadata_of),
        }
    }
}

async fn read_all(
    journal: Journal,
    wanted: Wanted,
    through: Position,
    mut readers: Vec<mpsc::Sender<Arc<Chunk>>>,
) {
    let (mut after, mut span) = (0, CHUNK_EVENTS_MIN);
    while after < through && !readers.is_empty() {
        let upto = through.min(after + span);
        let Ok((chunk, bytes)) = read(&journal, &wanted, after, upto).await else {
            return;
        };
        after = upto;
        span = (span * CHUNK_BYTES / bytes.max(1))
            .clamp(CHUNK_EVENTS_MIN, CHUNK_EVENTS_MAX)
            .min(span * 8);
        let chunk = Arc::new(chunk);
        let mut listening = Vec::with_capacity(readers.len());
        for reader in readers {
            if reader.send(Arc::clone(&chunk)).await.is_ok() {
                listening.push(reader);
            }
        }
        readers = listening;
    }
}

/// Reads and decodes what one projection needs above `after`, a chunk at most, none above `target`.
pub(super) async fn read_on(
    journal: &Journal,
    projection: &'static Projection,
    after: Position,
    target: Position,
) -> Result<Chunk, RebuildError> {
    let through = target.min(after + CHUNK_EVENTS_MAX);
    let (chunk, _) = read(journal, &Wanted::by(&[projection]), after, through).await?;
    Ok(chunk)
}

async fn read(
    journal: &Journal,
    wanted: &Wanted,
    after: Position,
    through: Position,
) -> Result<(Chunk, u64), RebuildError> {
    let mut postings = Postings::default();
    let Wanted { types, metadata_of } = wanted;
    // Types are few: their names are shared.
    let names: Vec<Arc<str>> = types.iter().map(|name| Arc::from(*name)).collect();
    let bytes = journal
        .replay(after, through, types, metadata_of, |event| {
            let known = names.iter().find(|name| &***name == event.aggregate_type);
            let kind = known.map_or_else(|| event.aggregate_type.into(), Arc::clone);
            postings.push(Posting::new(
                event.position,
                event.recorded_at,
                StreamId::new(kind, event.aggregate_id),
                event.sequence,
                &event.payload,
                event.metadata.map(Box::from),
            )?);
            Ok::<_, RebuildError>(())
        })
        .await?;
    Ok((Chunk { postings, through }, bytes))
}
