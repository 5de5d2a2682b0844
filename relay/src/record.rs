//! An event as a Kafka record: CloudEvents 1.0 in binary mode, and what is needed to find holes.
//!
//! Value: the payload, byte for byte. Key: the stream id. Headers: `ce_*` (the Kafka protocol
//! binding of CloudEvents), `content-type`; `previous`, the position of the record before it in
//! the same partition; `journal`, the id of the journal's first event, which tells this journal's
//! records from those of another that once used the topic; and `aggregate_type`, `event_type`,
//! `event_version`, `metadata`, from which a reader makes the recorded event again exactly.
//!
//! A watermark has no value and the headers `watermark`, `previous` and `journal`: every event of
//! this partition at or below `watermark` has been published.

use std::sync::Arc;

use journal::{Position, RecordedEvent, StreamId, partition_of};
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A record that was read.
pub(crate) struct Record {
    /// The partition that it lies in.
    pub partition: u32,
    /// Which journal it belongs to.
    pub journal: String,
    /// The position of the record before it in its partition, 0 for none.
    pub previous: Position,
    pub body: Body,
}

/// What a record carries.
pub(crate) enum Body {
    Event(Arc<RecordedEvent>),
    Watermark(Position),
}

impl Record {
    /// Where a reader of its partition stands after it.
    pub fn position(&self) -> Position {
        match &self.body {
            Body::Event(event) => event.position,
            Body::Watermark(watermark) => *watermark,
        }
    }
}

/// The headers of an event.
pub(crate) fn event_headers(event: &RecordedEvent, link: &Link<'_>) -> OwnedHeaders {
    let mut headers = OwnedHeaders::new_with_capacity(24);
    headers = with(headers, "ce_specversion", "1.0");
    for (name, value) in event.cloud_event_attributes() {
        headers = match name {
            "datacontenttype" => with(headers, "content-type", &value),
            _ => with(headers, &format!("ce_{name}"), &value),
        };
    }
    headers = link.write(headers);
    headers = with(headers, "aggregate_type", &event.stream.aggregate_type);
    headers = with(headers, "event_type", &event.event_type);
    headers = with(headers, "event_version", &event.event_version);
    with(headers, "metadata", &event.metadata)
}

/// The headers of a watermark.
pub(crate) fn watermark_headers(watermark: Position, link: &Link<'_>) -> OwnedHeaders {
    let headers = OwnedHeaders::new_with_capacity(3);
    link.write(with(headers, "watermark", &watermark.to_string()))
}

/// What ties a record to the one before it.
pub(crate) struct Link<'a> {
    pub journal: &'a str,
    pub previous: Position,
}

impl Link<'_> {
    fn write(&self, headers: OwnedHeaders) -> OwnedHeaders {
        let headers = with(headers, "previous", &self.previous.to_string());
        with(headers, "journal", self.journal)
    }
}

fn with(headers: OwnedHeaders, key: &str, value: &str) -> OwnedHeaders {
    headers.insert(Header {
        key,
        value: Some(value),
    })
}

/// Reads a record of a topic with that many partitions; `None` if it is none of ours.
pub(crate) fn read(message: &BorrowedMessage<'_>, partitions: u32) -> Option<Record> {
    let found = Found::among(message.headers()?)?;
    let record = Record {
        partition: u32::try_from(message.partition()).ok()?,
        journal: found.journal?.to_owned(),
        previous: found.previous?.parse().ok()?,
        body: match found.watermark {
            Some(watermark) => Body::Watermark(watermark.parse().ok()?),
            None => Body::Event(Arc::new(found.event(message.payload()?)?)),
        },
    };
    let belongs = match &record.body {
        Body::Event(event) => record.partition == partition_of(&event.stream, partitions),
        Body::Watermark(_) => record.partition < partitions,
    };
    belongs.then_some(record)
}

/// The headers that a reader needs, gathered in one pass.
#[derive(Default)]
struct Found<'a> {
    journal: Option<&'a str>,
    previous: Option<&'a str>,
    watermark: Option<&'a str>,
    subject: Option<&'a str>,
    aggregate_type: Option<&'a str>,
    position: Option<&'a str>,
    time: Option<&'a str>,
    sequence: Option<&'a str>,
    event_type: Option<&'a str>,
    event_version: Option<&'a str>,
    metadata: Option<&'a str>,
}

impl<'a> Found<'a> {
    fn among(headers: &'a BorrowedHeaders) -> Option<Self> {
        let mut found = Self::default();
        for header in headers.iter() {
            let place = match header.key {
                "journal" => &mut found.journal,
                "previous" => &mut found.previous,
                "watermark" => &mut found.watermark,
                "ce_subject" => &mut found.subject,
                "aggregate_type" => &mut found.aggregate_type,
                "ce_position" => &mut found.position,
                "ce_time" => &mut found.time,
                "ce_sequence" => &mut found.sequence,
                "event_type" => &mut found.event_type,
                "event_version" => &mut found.event_version,
                "metadata" => &mut found.metadata,
                _ => continue,
            };
            *place = Some(std::str::from_utf8(header.value?).ok()?);
        }
        Some(found)
    }

    fn event(&self, payload: &[u8]) -> Option<RecordedEvent> {
        let aggregate_type = self.aggregate_type?;
        let aggregate_id = self
            .subject?
            .strip_prefix(aggregate_type)?
            .strip_prefix('-')?;
        Some(RecordedEvent {
            position: self.position?.parse().ok()?,
            recorded_at: OffsetDateTime::parse(self.time?, &Rfc3339).ok()?,
            stream: StreamId::new(aggregate_type, aggregate_id),
            sequence: self.sequence?.parse().ok()?,
            event_type: self.event_type?.to_owned(),
            event_version: self.event_version?.to_owned(),
            payload: std::str::from_utf8(payload).ok()?.to_owned(),
            metadata: self.metadata?.to_owned(),
        })
    }
}
