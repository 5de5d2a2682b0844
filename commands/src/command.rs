//! What the executor asks of a command.

use domain::{Event, Facts, Rejection, State};
use journal::{ClaimKey, SecretWrite, Sequence, StreamId};

use crate::executor::Cache;

/// A stream that a command is decided on.
#[derive(Clone, Debug)]
pub struct Needed {
    /// The stream.
    pub stream: StreamId,
    /// Whether it most likely does not exist yet, so that loading it first would be a waste. The
    /// journal is the judge: should it exist, the command is decided again on what is there.
    pub presumed_new: bool,
}

impl Needed {
    /// A stream that is loaded unless it is in memory.
    pub fn existing(stream: StreamId) -> Self {
        Self {
            stream,
            presumed_new: false,
        }
    }

    /// A stream that the command is about to open.
    pub fn new(stream: StreamId) -> Self {
        Self {
            stream,
            presumed_new: true,
        }
    }
}

/// Something that one command alone may have, and what others are told who want it too.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The key.
    pub key: ClaimKey,
    /// The rejection when it is taken.
    pub taken: Rejection,
}

/// What goes with a command besides its events.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// What it alone may have: a link or a code that works once.
    pub claims: Vec<Claim>,
    /// What it puts into the vault or destroys there.
    pub secrets: Vec<SecretWrite>,
}

/// A command: a pure function over the states of the streams that it names.
///
/// One stream or eleven is the same thing. It may be decided several times (after a conflict), so it decides by
/// reference and keeps nothing.
pub trait Command: Send + Sync + 'static {
    /// Its name, as recorded: `PlaceOrder`.
    fn name(&self) -> &'static str;

    /// The streams that it reads or writes; the one that it is about first.
    fn needs(&self) -> Vec<Needed>;

    /// What it claims.
    fn claims(&self) -> Vec<Claim> {
        Vec::new()
    }

    /// What it puts into the vault or destroys there, in the transaction that appends its events; nothing if it appends none.
    fn secrets(&self) -> Vec<SecretWrite> {
        Vec::new()
    }

    /// When the actor says that it happened, if not now.
    fn occurred_at(&self) -> Option<domain::value::Timestamp> {
        None
    }

    /// The events that follow, the subject's first; none if everything is as it should be.
    fn decide(
        &self,
        states: &States<'_>,
        facts: &Facts,
    ) -> Result<Vec<(StreamId, Event)>, Rejection>;
}

/// The states of the streams that a command named, as they are when everything decided before
/// it is counted in.
pub struct States<'a>(pub(crate) &'a Cache);

impl<'a> States<'a> {
    /// The state and version of a stream; version 0 with the default state if it is not there.
    pub fn get(&self, stream: &StreamId) -> Option<(&'a State, Sequence)> {
        self.0
            .peek(stream)
            .map(|entry| (&entry.state, entry.version))
    }
}

/// A command that one aggregate decides by itself.
pub(crate) trait OneAggregate: Clone + Send + Sync + 'static {
    /// Its name, as recorded.
    fn name(&self) -> &'static str;

    /// Whether it most likely opens the stream.
    fn opens(&self) -> bool {
        false
    }

    /// What it claims.
    fn claims(&self) -> Vec<Claim> {
        Vec::new()
    }

    /// The aggregate's decision; a state of another aggregate decides nothing.
    fn decide(self, state: &State, facts: &Facts) -> Result<Vec<Event>, Rejection>;
}

/// Such a command, addressed to a stream.
pub(crate) struct ToOne<C> {
    pub stream: StreamId,
    pub command: C,
    pub beside: Beside,
}

impl<C> ToOne<C> {
    /// With nothing beside it.
    pub fn new(stream: StreamId, command: C) -> Self {
        let beside = Beside::default();
        Self {
            stream,
            command,
            beside,
        }
    }
}

impl<C: OneAggregate> Command for ToOne<C> {
    fn name(&self) -> &'static str {
        self.command.name()
    }

    fn needs(&self) -> Vec<Needed> {
        let stream = self.stream.clone();
        vec![if self.command.opens() {
            Needed::new(stream)
        } else {
            Needed::existing(stream)
        }]
    }

    fn claims(&self) -> Vec<Claim> {
        let mut claims = self.command.claims();
        claims.extend_from_slice(&self.beside.claims);
        claims
    }

    fn secrets(&self) -> Vec<SecretWrite> {
        self.beside.secrets.clone()
    }

    fn decide(
        &self,
        states: &States<'_>,
        facts: &Facts,
    ) -> Result<Vec<(StreamId, Event)>, Rejection> {
        let Some((state, _)) = states.get(&self.stream) else {
            return Ok(Vec::new());
        };
        let events = self.command.clone().decide(state, facts)?;
        Ok(events
            .into_iter()
            .map(|event| (self.stream.clone(), event))
            .collect())
    }
}

/// The claim on `value`; `pointer` is where the command says it.
pub(crate) fn claim(value: &domain::Claim, pointer: &str) -> Claim {
    Claim {
        key: claim_key(value),
        taken: value.taken(pointer),
    }
}

/// The key of the claim on `value`.
pub(crate) fn claim_key(value: &domain::Claim) -> ClaimKey {
    ClaimKey::new(value.namespace(), &value.value())
}

/// The events of an aggregate as events of the shop.
pub(crate) fn events<E: Into<Event>>(decided: Vec<E>) -> Vec<Event> {
    decided.into_iter().map(Into::into).collect()
}
