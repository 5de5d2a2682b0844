//! Loading cold streams, outside the decider: all that wait are loaded together.

use domain::{Event, State};
use journal::{
    ConnectionError, Journal, JournalError, RecordedEvent, Sequence, Snapshot, StreamId,
};
use tokio::sync::mpsc;

/// The shape of the states' JSON in snapshots. Raise it with every change of a state's fields:
/// snapshots of another shape are not used.
pub const STATE_VERSION: &str = "3";

/// How many events a stream may have beyond its snapshot before a new one is kept.
pub(crate) const SNAPSHOT_EVERY: Sequence = 500;

/// How long a load may take.
const LOAD_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// Most streams loaded in one round trip.
const LOAD_STREAMS_MAX: usize = 2_048;

/// A stream's recorded state.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub stream: StreamId,
    pub state: State,
    pub version: Sequence,
    /// Version of the snapshot that it was loaded from, 0 for none.
    pub snapshot_version: Sequence,
}

/// What a load came to.
pub(crate) struct LoadOutcome {
    pub streams: Vec<StreamId>,
    pub loaded: Result<Vec<Loaded>, JournalError>,
}

/// Loads what is asked for until the asker goes.
pub(crate) async fn run(
    journal: Journal,
    mut wanted: mpsc::UnboundedReceiver<StreamId>,
    outcomes: mpsc::UnboundedSender<super::decider::Internal>,
) {
    let mut streams = Vec::new();
    while wanted.recv_many(&mut streams, LOAD_STREAMS_MAX).await > 0 {
        let streams = std::mem::take(&mut streams);
        let loaded = load(&journal, &streams).await;
        if let Ok(loaded) = &loaded {
            for stream in loaded
                .iter()
                .filter(|loaded| loaded.version >= loaded.snapshot_version + SNAPSHOT_EVERY)
            {
                keep_snapshot(&journal, stream).await;
            }
        }
        if outcomes
            .send(super::decider::Internal::Loaded(LoadOutcome {
                streams,
                loaded,
            }))
            .is_err()
        {
            return;
        }
    }
}

/// The recorded states of these streams: from their snapshots and what came after.
///
/// # Errors
/// Under a deadline of its own: a connection that has silently died must not hold up the others.
pub(crate) async fn load(
    journal: &Journal,
    streams: &[StreamId],
) -> Result<Vec<Loaded>, JournalError> {
    match tokio::time::timeout(LOAD_TIMEOUT, load_unbounded(journal, streams)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(JournalError::Unavailable(ConnectionError::PoolTimedOut)),
    }
}

async fn load_unbounded(
    journal: &Journal,
    streams: &[StreamId],
) -> Result<Vec<Loaded>, JournalError> {
    let mut snapshots: std::collections::HashMap<StreamId, Snapshot> = journal
        .snapshots(streams, STATE_VERSION)
        .await?
        .into_iter()
        .map(|snapshot| (snapshot.stream.clone(), snapshot))
        .collect();
    let mut loaded = Vec::with_capacity(streams.len());
    for stream in streams {
        loaded.push(start(stream, snapshots.remove(stream))?);
    }
    let after: Vec<(StreamId, Sequence)> = loaded
        .iter()
        .map(|loaded| (loaded.stream.clone(), loaded.version))
        .collect();
    let by_stream: std::collections::HashMap<StreamId, usize> = loaded
        .iter()
        .enumerate()
        .map(|(index, loaded)| (loaded.stream.clone(), index))
        .collect();
    for event in journal.read_streams(&after).await? {
        if let Some(index) = by_stream.get(&event.stream) {
            evolve(&mut loaded[*index], &event)?;
        }
    }
    Ok(loaded)
}

/// The state that a snapshot holds, or the beginning.
fn start(stream: &StreamId, snapshot: Option<Snapshot>) -> Result<Loaded, JournalError> {
    let corrupt = |reason: String| JournalError::Corrupt {
        stream: stream.clone(),
        reason,
    };
    let fresh = || {
        State::new(&stream.aggregate_type).ok_or_else(|| {
            corrupt(format!(
                "`{}` is not an aggregate type of this shop",
                stream.aggregate_type
            ))
        })
    };
    let from_snapshot = snapshot.and_then(|snapshot| {
        // A snapshot is a cache: one that cannot be read is as good as none.
        serde_json::from_str::<State>(&snapshot.state)
            .inspect_err(|error| tracing::warn!(%error, stream.id = %stream, "ignoring an unreadable snapshot"))
            .ok()
            .map(|state| (state, snapshot.version))
    });
    let (state, version) = match from_snapshot {
        Some(found) => found,
        None => (fresh()?, 0),
    };
    Ok(Loaded {
        stream: stream.clone(),
        state,
        version,
        snapshot_version: version,
    })
}

fn evolve(loaded: &mut Loaded, recorded: &RecordedEvent) -> Result<(), JournalError> {
    let event = decode(recorded)?;
    loaded.state.evolve(&event);
    loaded.version = recorded.sequence;
    Ok(())
}

/// The domain's event in a recorded one.
pub(crate) fn decode(recorded: &RecordedEvent) -> Result<Event, JournalError> {
    Event::decode(&recorded.stream.aggregate_type, &recorded.payload).map_err(|error| {
        JournalError::Corrupt {
            stream: recorded.stream.clone(),
            reason: format!("event {}: {error}", recorded.sequence),
        }
    })
}

async fn keep_snapshot(journal: &Journal, loaded: &Loaded) {
    let Ok(state) = serde_json::to_string(&loaded.state) else {
        return;
    };
    let snapshot = Snapshot {
        stream: loaded.stream.clone(),
        version: loaded.version,
        state,
    };
    if let Err(error) = journal.save_snapshot(&snapshot, STATE_VERSION).await {
        tracing::warn!(%error, stream.id = %loaded.stream, "could not keep a snapshot");
    }
}

/// Keeps a snapshot of each stream that is named, off the write path, until the sender goes.
pub(crate) async fn run_snapshots(journal: Journal, mut wanted: mpsc::Receiver<StreamId>) {
    while let Some(stream) = wanted.recv().await {
        match load(&journal, std::slice::from_ref(&stream)).await {
            Ok(loaded) => {
                for loaded in loaded
                    .iter()
                    .filter(|loaded| loaded.version > loaded.snapshot_version)
                {
                    keep_snapshot(&journal, loaded).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, stream.id = %stream, "could not load a stream for its snapshot")
            }
        }
    }
}
