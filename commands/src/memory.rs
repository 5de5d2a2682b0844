//! An executor on a journal in memory, for simulations.
//!
//! The same [`Command`]s are decided on the same states and answered with the same receipts as by the
//! real executor; only the journal is a list, and time and ids are given. So what a simulation finds is
//! true of the real thing, and it needs no task, no thread, no clock and no randomness: the same calls
//! leave the same journal, byte for byte.
//!
//! What holds, as with the real one:
//! - positions and sequences are dense, and a command's events are consecutive;
//! - a request key takes effect at most once, a repeat gets the first one's receipt, and a command
//!   that had nothing to append leaves no claim;
//! - what can go wrong on the way to the journal and back is what a caller has to reckon with
//!   ([`MemoryFault`]).

mod shop;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::value::{Sku, Timestamp};
use domain::{Event, Facts, State};
use journal::{ClaimKey, Metadata, Position, RecordedEvent, Sequence, StreamId};
use uuid::Uuid;

use crate::command::{Command, States};
use crate::executor::{Cache, CacheEntry};
use crate::skus::sku_claim;
use crate::{CommandError, Context, Receipt};

/// What goes wrong with a command, decided before it is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryFault {
    /// The journal is away; nothing was appended.
    Unavailable,
    /// Others kept writing to the same streams; nothing was appended.
    Contended,
    /// The connection died before the commit: nothing was appended, and nobody knows.
    LostBefore,
    /// The connection died after the commit: it was appended, and nobody knows.
    LostAfter,
}

/// Says what the next command, of that name, suffers.
pub type FaultHook = Box<dyn FnMut(&'static str) -> Option<MemoryFault> + Send>;

/// The executor in memory.
pub struct MemoryCommands {
    memory: Mutex<Memory>,
}

/// An event as it was recorded, and as it was before it was written down.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// As everybody reads it.
    pub recorded: Arc<RecordedEvent>,
    /// The same, decoded.
    pub event: Event,
}

struct Memory {
    states: Cache,
    events: Vec<Remembered>,
    claims: HashMap<ClaimKey, Position>,
    /// Makes the ids of two journals differ.
    seed: u64,
    /// How many ids were made.
    ids: u64,
    now: Timestamp,
    faults: FaultHook,
}

impl MemoryCommands {
    /// An executor on an empty journal. Ids follow from `seed`; `faults` is asked once per command.
    #[must_use]
    pub fn new(seed: u64, now: Timestamp, faults: FaultHook) -> Self {
        Self {
            memory: Mutex::new(Memory {
                states: Cache::unbounded(),
                events: Vec::new(),
                claims: HashMap::new(),
                seed,
                ids: 0,
                now,
                faults,
            }),
        }
    }

    /// From now on it is `now`, earlier or later than before.
    pub fn set_now(&self, now: Timestamp) {
        self.memory().now = now;
    }

    /// From now on commands suffer what `faults` says.
    pub fn set_faults(&self, faults: FaultHook) {
        self.memory().faults = faults;
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.memory().now
    }

    /// At most `limit` events after a position, in order.
    pub fn read_after(&self, position: Position, limit: usize) -> Vec<Remembered> {
        let memory = self.memory();
        let after = usize::try_from(position).unwrap_or(usize::MAX);
        let events = memory.events.iter().skip(after).take(limit);
        events.cloned().collect()
    }

    /// The position of the last event; 0 if there is none.
    pub fn head(&self) -> Position {
        self.memory().head()
    }

    /// The state of a stream and its version; the state of a stream that is not there is its default.
    ///
    /// # Errors
    /// [`CommandError::Defect`] if no aggregate is of the stream's type.
    pub fn state_of(&self, stream: &StreamId) -> Result<(State, Sequence), CommandError> {
        let memory = self.memory();
        if let Some(entry) = memory.states.peek(stream) {
            return Ok((entry.state.clone(), entry.version));
        }
        let fresh = State::new(&stream.aggregate_type).ok_or(CommandError::Defect)?;
        Ok((fresh, 0))
    }

    /// Executes a command.
    ///
    /// # Errors
    /// As the real executor; and what the fault is that it suffers.
    pub fn execute(
        &self,
        command: &dyn Command,
        context: &Context,
    ) -> Result<Receipt, CommandError> {
        let mut memory = self.memory();
        let fault = (memory.faults)(command.name());
        match fault {
            Some(MemoryFault::Unavailable) => return Err(CommandError::Unavailable),
            Some(MemoryFault::Contended) => return Err(CommandError::Contended),
            Some(MemoryFault::LostBefore) => return Err(CommandError::OutcomeUnknown),
            Some(MemoryFault::LostAfter) | None => {}
        }
        let outcome = memory.execute(command, context);
        match (&outcome, fault) {
            // What appended nothing changed nothing, and the real executor says so.
            (Ok(receipt), Some(_)) if receipt.events > 0 => Err(CommandError::OutcomeUnknown),
            (_, Some(_)) => Err(CommandError::Unavailable),
            (_, None) => outcome,
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // Only a panic in `decide` can poison it, and nothing is written before that.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn head(&self) -> Position {
        Position::try_from(self.events.len()).unwrap_or(Position::MAX)
    }

    /// The stream of the product that a SKU was added to.
    fn product_of(&self, sku: &Sku) -> Option<StreamId> {
        let position = self.claims.get(&sku_claim(sku))?;
        let at = usize::try_from(*position).ok()?.checked_sub(1)?;
        Some(self.events.get(at)?.recorded.stream.clone())
    }

    fn execute(
        &mut self,
        command: &dyn Command,
        context: &Context,
    ) -> Result<Receipt, CommandError> {
        if let Some(by) = self.holder_of_key(context) {
            return self.replay(by, context);
        }
        let needs = command.needs();
        for needed in &needs {
            if self.states.peek(&needed.stream).is_none() {
                let state =
                    State::new(&needed.stream.aggregate_type).ok_or(CommandError::Defect)?;
                self.states
                    .keep(needed.stream.clone(), CacheEntry { state, version: 0 });
            }
        }
        let version = |stream: &StreamId| self.states.peek(stream).map_or(0, |entry| entry.version);
        if let (Some(expected), Some(subject)) = (context.expected_version, needs.first()) {
            let current = version(&subject.stream);
            if current != expected {
                return Err(CommandError::VersionMismatch { expected, current });
            }
        }
        let decided = command.decide(&States(&self.states), &Facts::at(self.now))?;
        if decided.is_empty() {
            let found = needs.iter().map(|needed| {
                let stream = needed.stream.clone();
                let version = version(&stream);
                (stream, version)
            });
            return Ok(Receipt {
                position: self.head(),
                streams: found.collect(),
                events: 0,
                replayed: false,
            });
        }
        let claims = command.claims();
        if let Some(taken) = claims
            .iter()
            .find(|claim| self.claims.contains_key(&claim.key))
        {
            return Err(taken.taken.clone().into());
        }
        let first = self.head() + 1;
        let own = context.request.as_ref().map(|request| request.claim);
        let keys = own
            .into_iter()
            .chain(claims.into_iter().map(|claim| claim.key));
        self.claims.extend(keys.map(|key| (key, first)));
        self.append(command, context, decided)
    }

    fn holder_of_key(&self, context: &Context) -> Option<Position> {
        self.claims.get(&context.request.as_ref()?.claim).copied()
    }

    /// The answer to a request whose key is held by the command that begins at `by`.
    fn replay(&self, by: Position, context: &Context) -> Result<Receipt, CommandError> {
        let at = usize::try_from(by.saturating_sub(1)).unwrap_or(usize::MAX);
        let rest = self.events.get(at..).unwrap_or_default();
        let first = rest.first().map(|first| first.recorded.metadata());
        let first = first.ok_or(CommandError::Defect)?;
        let sent = context.request.as_ref().map(|request| &request.body_hash);
        if sent != Some(&first.request_hash) {
            return Err(CommandError::KeyReused);
        }
        let same = |event: &&Remembered| event.recorded.metadata().command_id == first.command_id;
        let events: Vec<RecordedEvent> = rest
            .iter()
            .take_while(same)
            .map(|event| (*event.recorded).clone())
            .collect();
        Receipt::of_recorded(&events).ok_or(CommandError::Defect)
    }

    fn append(
        &mut self,
        command: &dyn Command,
        context: &Context,
        decided: Vec<(StreamId, Event)>,
    ) -> Result<Receipt, CommandError> {
        // All of it or nothing: looked at before anything is written.
        if decided
            .iter()
            .any(|(stream, _)| self.states.peek(stream).is_none())
        {
            return Err(CommandError::Defect);
        }
        let metadata = self.metadata(command, context).template();
        let first = self.head() + 1;
        let mut written = Vec::with_capacity(decided.len());
        for (stream, event) in decided {
            let event_id = self.next_id();
            let position = self.head() + 1;
            let Some(entry) = self.states.get_mut(&stream) else {
                continue;
            };
            entry.state.evolve(&event);
            entry.version += 1;
            written.push((stream.clone(), entry.version));
            let recorded = RecordedEvent {
                position,
                recorded_at: self.now.to_offset_date_time(),
                stream,
                sequence: entry.version,
                event_type: event.event_type().to_owned(),
                event_version: event.event_version().to_owned(),
                payload: event.to_payload(),
                metadata: metadata.for_event(event_id),
            };
            let recorded = Arc::new(recorded);
            self.events.push(Remembered { recorded, event });
        }
        let written = written.iter().map(|(stream, version)| (stream, *version));
        Ok(Receipt::of_appended(first, written))
    }

    fn metadata(&mut self, command: &dyn Command, context: &Context) -> Metadata {
        let command_id = self.next_id().to_string();
        let correlation_id = match context.correlation_id.as_str() {
            "" => command_id.clone(),
            known => known.to_owned(),
        };
        let request_hash = context.request.as_ref().map(|key| key.body_hash.clone());
        Metadata {
            event_id: String::new(),
            command_id,
            command: command.name().to_owned(),
            correlation_id,
            causation_id: context.causation_id.clone(),
            actor: context.actor.clone(),
            traceparent: context.traceparent.clone(),
            service_version: env!("CARGO_PKG_VERSION").to_owned(),
            occurred_at: command.occurred_at().unwrap_or(self.now).to_string(),
            request_hash: request_hash.unwrap_or_default(),
        }
    }

    /// An id that no other journal of another seed has, of version 7 as all of them.
    fn next_id(&mut self) -> Uuid {
        self.ids += 1;
        let mut bytes = [0; 10];
        bytes[..4].copy_from_slice(&self.seed.to_be_bytes()[4..]);
        bytes[4..].copy_from_slice(&self.ids.to_be_bytes()[2..]);
        let millis = u64::try_from(self.now.as_micros() / 1_000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests;
