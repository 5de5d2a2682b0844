//! What an accepted command is answered with.

use journal::{Position, RecordedEvent, Sequence, StreamId};

/// Proof that a command was accepted: where it stands in the journal.
///
/// A pure function of the recorded events, so that a repeated request gets the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The position of the command's last event; for a command that had nothing to change, a
    /// position at which the state that it found is visible.
    pub position: Position,
    /// The streams that it concerns and their versions after it; the subject first.
    pub streams: Vec<(StreamId, Sequence)>,
    /// How many events it appended.
    pub events: usize,
    /// Whether this repeats the answer to an earlier request with the same key.
    pub replayed: bool,
}

impl Receipt {
    /// The stream that the command was about.
    pub fn subject(&self) -> &StreamId {
        &self.streams[0].0
    }

    /// The version of the subject's stream after the command.
    pub fn version(&self) -> Sequence {
        self.streams[0].1
    }

    /// The receipt of a command whose events these are. They are never none.
    pub(crate) fn of_recorded(events: &[RecordedEvent]) -> Option<Self> {
        let mut streams: Vec<(StreamId, Sequence)> = Vec::new();
        for event in events {
            note(&mut streams, &event.stream, event.sequence);
        }
        let position = events.last()?.position;
        Some(Self {
            position,
            streams,
            events: events.len(),
            replayed: true,
        })
    }

    /// The receipt of a command whose events were just appended from `first` on.
    pub(crate) fn of_appended<'a>(
        first: Position,
        events: impl Iterator<Item = (&'a StreamId, Sequence)>,
    ) -> Self {
        let mut streams = Vec::new();
        let mut count = 0;
        for (stream, sequence) in events {
            note(&mut streams, stream, sequence);
            count += 1;
        }
        Self {
            position: first + count as Position - 1,
            streams,
            events: count,
            replayed: false,
        }
    }
}

fn note(streams: &mut Vec<(StreamId, Sequence)>, stream: &StreamId, sequence: Sequence) {
    match streams.iter_mut().find(|(known, _)| known == stream) {
        Some((_, version)) => *version = sequence,
        None => streams.push((stream.clone(), sequence)),
    }
}
