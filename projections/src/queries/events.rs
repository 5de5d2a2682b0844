//! The journal's events for auditors and clients that follow it: CloudEvents as JSON.
//!
//! A filter that no index serves (type, correlation) reads on from `after`, and stops after a
//! bounded number of events: the answer then says how far it looked, and the client goes on from
//! there.

use journal::{Position, RecordedEvent, StreamId};

use super::{Queries, QueryError};

/// Most events in one answer.
pub const EVENTS_LIMIT_MAX: u32 = 1_000;

/// A page with this many bytes of events takes no further one.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How many events one call looks at when it filters.
const SCAN_EVENTS_MAX: usize = 20_000;

/// How many are read at a time.
const SCAN_PAGE_EVENTS: usize = 2_000;

/// Which events.
#[derive(Clone, Debug, Default)]
pub struct EventsFilter {
    /// Of this stream: `order-0190163d-…`.
    pub stream: Option<String>,
    /// Of this type: `daybook.order.placed.v1`, or as recorded: `OrderPlaced`.
    pub event_type: Option<String>,
    /// Of this correlation.
    pub correlation: Option<String>,
}

/// Some events of the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsPage {
    /// CloudEvents as JSON, in the order of positions.
    pub events: Vec<String>,
    /// Every event up to here has been looked at: the `after` to go on with.
    pub scanned_through: Position,
}

impl EventsFilter {
    fn admits(&self, event: &RecordedEvent) -> bool {
        let typed =
            |wanted: &String| event.event_type == *wanted || event.cloud_event_type() == *wanted;
        let correlated = |wanted: &String| event.metadata().correlation_id == *wanted;
        self.event_type.as_ref().is_none_or(typed)
            && self.correlation.as_ref().is_none_or(correlated)
    }

    fn stream(&self) -> Result<Option<StreamId>, QueryError> {
        let parse = |text: &String| {
            text.parse::<StreamId>()
                .map_err(|error| QueryError::filter("stream", error.to_string()))
        };
        self.stream.as_ref().map(parse).transpose()
    }
}

impl Queries {
    /// Up to `limit` (at most 1,000) events after a position that pass the filter.
    pub async fn events(
        &self,
        after: Position,
        limit: u32,
        filter: &EventsFilter,
    ) -> Result<EventsPage, QueryError> {
        let limit = limit.clamp(1, EVENTS_LIMIT_MAX) as usize;
        match filter.stream()? {
            Some(stream) => {
                self.bounded(self.events_of_stream(&stream, after, limit, filter))
                    .await
            }
            None => self.bounded(self.events_of_all(after, limit, filter)).await,
        }
    }

    async fn events_of_all(
        &self,
        after: Position,
        limit: usize,
        filter: &EventsFilter,
    ) -> Result<EventsPage, QueryError> {
        let filters = filter.event_type.is_some() || filter.correlation.is_some();
        let size = if filters { SCAN_PAGE_EVENTS } else { limit };
        let mut page = EventsPage {
            events: Vec::new(),
            scanned_through: after,
        };
        for _ in 0..SCAN_EVENTS_MAX / SCAN_PAGE_EVENTS {
            let read = self.journal.read_all(page.scanned_through, size).await?;
            let at_end = read.len() < size;
            page.take(&read, limit, filter);
            if at_end || page.is_full(limit) {
                break;
            }
        }
        Ok(page)
    }

    async fn events_of_stream(
        &self,
        stream: &StreamId,
        after: Position,
        limit: usize,
        filter: &EventsFilter,
    ) -> Result<EventsPage, QueryError> {
        let mut page = EventsPage {
            events: Vec::new(),
            scanned_through: after,
        };
        let mut sequence = self.sequence_at(stream, after).await?;
        for _ in 0..SCAN_EVENTS_MAX / SCAN_PAGE_EVENTS {
            let read = self
                .journal
                .read_stream(stream, sequence, SCAN_PAGE_EVENTS)
                .await?;
            let at_end = read.len() < SCAN_PAGE_EVENTS;
            page.take(&read, limit, filter);
            if at_end || page.is_full(limit) {
                break;
            }
            sequence += SCAN_PAGE_EVENTS as u64;
        }
        Ok(page)
    }

    /// How many events of a stream are at or below a position: by doubling, then bisecting, for a
    /// stream's positions ascend.
    async fn sequence_at(&self, stream: &StreamId, position: Position) -> Result<u64, QueryError> {
        if position == 0 {
            return Ok(0);
        }
        let is_at_or_below = async |sequence: u64| -> Result<bool, QueryError> {
            let found = self.journal.read_stream(stream, sequence - 1, 1).await?;
            Ok(found
                .first()
                .is_some_and(|event| event.position <= position))
        };
        let mut above = 1;
        while is_at_or_below(above).await? {
            above *= 2;
        }
        let mut at_or_below = above / 2;
        while above - at_or_below > 1 {
            let middle = at_or_below.midpoint(above);
            if is_at_or_below(middle).await? {
                at_or_below = middle;
            } else {
                above = middle;
            }
        }
        Ok(at_or_below)
    }
}

impl EventsPage {
    /// A page has a limit in events and one in bytes: events may be large.
    fn is_full(&self, limit: usize) -> bool {
        self.events.len() >= limit
            || self.events.iter().map(String::len).sum::<usize>() >= PAGE_BYTES_MAX
    }

    fn take(&mut self, read: &[RecordedEvent], limit: usize, filter: &EventsFilter) {
        for event in read {
            if self.is_full(limit) {
                return;
            }
            self.scanned_through = event.position;
            if filter.admits(event) {
                self.events.push(event.to_cloud_event());
            }
        }
    }
}
