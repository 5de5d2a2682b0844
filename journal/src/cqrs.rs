//! `cqrs_es::EventStore` on the journal, so that a `CqrsFramework` runs on it unchanged.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use cqrs_es::{
    Aggregate, AggregateContext, AggregateError, DomainEvent, EventEnvelope, EventStore,
};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{
    AppendError, Batch, CommandOutcome, Journal, JournalError, NewEvent, PendingCommand,
    READ_LIMIT_MAX, RecordedEvent, Sequence, StreamId, Writer,
};

/// An event store for aggregates of type `A`. Its commits go through the door like all others.
pub struct JournalStore<A> {
    journal: Journal,
    writer: Arc<Mutex<Writer>>,
    aggregate: PhantomData<fn() -> A>,
}

impl<A> JournalStore<A> {
    /// A store on this journal, with a writer of its own.
    pub fn new(journal: Journal) -> Self {
        let writer = Arc::new(Mutex::new(journal.writer()));
        Self {
            journal,
            writer,
            aggregate: PhantomData,
        }
    }
}

impl<A> Clone for JournalStore<A> {
    fn clone(&self) -> Self {
        Self {
            journal: self.journal.clone(),
            writer: self.writer.clone(),
            aggregate: PhantomData,
        }
    }
}

/// An aggregate with the version that it was loaded at.
pub struct JournalContext<A> {
    aggregate_id: String,
    aggregate: A,
    version: Sequence,
}

impl<A: Aggregate> AggregateContext<A> for JournalContext<A> {
    fn aggregate(&mut self) -> &mut A {
        &mut self.aggregate
    }
}

impl<A: Aggregate> EventStore<A> for JournalStore<A> {
    type AC = JournalContext<A>;

    async fn load_events(
        &self,
        aggregate_id: &str,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        let stream = StreamId::new(A::TYPE, aggregate_id);
        let mut envelopes = Vec::new();
        loop {
            let page = self
                .journal
                .read_stream(&stream, envelopes.len() as Sequence, READ_LIMIT_MAX)
                .await
                .map_err(unreadable)?;
            let page_len = page.len();
            for event in page {
                envelopes.push(envelope(event)?);
            }
            if page_len < READ_LIMIT_MAX {
                return Ok(envelopes);
            }
        }
    }

    async fn load_aggregate(
        &self,
        aggregate_id: &str,
    ) -> Result<JournalContext<A>, AggregateError<A::Error>> {
        let events = self.load_events(aggregate_id).await?;
        let version = events.last().map_or(0, |event| event.sequence as Sequence);
        let mut aggregate = A::default();
        for event in events {
            aggregate.apply(event.payload);
        }
        Ok(JournalContext {
            aggregate_id: aggregate_id.to_owned(),
            aggregate,
            version,
        })
    }

    async fn commit(
        &self,
        events: Vec<A::Event>,
        context: JournalContext<A>,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        let stream = StreamId::new(A::TYPE, context.aggregate_id.as_str());
        let mut envelopes = Vec::with_capacity(events.len());
        let mut pending = PendingCommand::default();
        let command_id = Uuid::now_v7().to_string();
        for (sequence, event) in (context.version + 1..).zip(events) {
            let mut metadata = metadata.clone();
            metadata
                .entry("event_id".to_owned())
                .or_insert_with(|| Uuid::now_v7().to_string());
            metadata
                .entry("command_id".to_owned())
                .or_insert_with(|| command_id.clone());
            pending.events.push(NewEvent {
                stream: stream.clone(),
                sequence,
                event_type: event.event_type(),
                event_version: event.event_version(),
                payload: serde_json::to_string(&event)
                    .map_err(|error| AggregateError::UnexpectedError(error.into()))?,
                metadata: serde_json::to_string(&metadata)
                    .map_err(|error| AggregateError::UnexpectedError(error.into()))?,
            });
            envelopes.push(EventEnvelope {
                aggregate_id: context.aggregate_id.clone(),
                sequence: sequence as usize,
                payload: event,
                metadata,
            });
        }
        if pending.events.is_empty() {
            return Ok(envelopes);
        }
        let batch = Batch {
            commands: vec![pending],
            seen: Vec::new(),
        };
        let outcomes =
            self.writer
                .lock()
                .await
                .append(batch)
                .await
                .map_err(|error| match error {
                    AppendError::Unavailable(_) => {
                        AggregateError::DatabaseConnectionError(error.into())
                    }
                    AppendError::Refused(_) | AppendError::Unknown(_) => {
                        AggregateError::UnexpectedError(error.into())
                    }
                })?;
        match outcomes.commands.first() {
            Some(CommandOutcome::Appended(_)) => Ok(envelopes),
            _ => Err(AggregateError::AggregateConflict),
        }
    }
}

fn envelope<A: Aggregate>(
    event: RecordedEvent,
) -> Result<EventEnvelope<A>, AggregateError<A::Error>> {
    let unexpected = |error: serde_json::Error| AggregateError::DeserializationError(error.into());
    Ok(EventEnvelope {
        aggregate_id: event.stream.aggregate_id.to_string(),
        sequence: event.sequence as usize,
        payload: serde_json::from_str(&event.payload).map_err(unexpected)?,
        metadata: serde_json::from_str(&event.metadata).map_err(unexpected)?,
    })
}

fn unreadable<E: std::error::Error>(error: JournalError) -> AggregateError<E> {
    match error {
        JournalError::Unavailable(_) => AggregateError::DatabaseConnectionError(error.into()),
        _ => AggregateError::UnexpectedError(error.into()),
    }
}
