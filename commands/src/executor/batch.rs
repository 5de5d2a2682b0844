//! What was decided together: the commands of one batch and what they rely on.

use std::collections::{HashMap, HashSet};

use domain::Event;
use journal::{ClaimKey, Metadata, Seen, Sequence, StreamId};

use super::committer::{Entry, Job};
use super::request::Request;
use crate::{CommandError, Receipt};

/// Most commands of a batch.
pub(crate) const BATCH_COMMANDS_MAX: usize = 512;

/// A batch with this many events takes no further command.
const BATCH_EVENTS_MAX: usize = 8_192;

/// A decided command.
pub(crate) struct Decided {
    pub request: Request,
    pub decision: Decision,
}

/// What was decided.
pub(crate) enum Decision {
    /// Events to append. They are moved to the committer when the batch closes; the streams and sequences stay.
    Append {
        events: Vec<(StreamId, Sequence, Event)>,
        written: Vec<(StreamId, Sequence)>,
    },
    /// Nothing to append: the command was refused, or had nothing to change. True as long as
    /// the streams that it was decided on are where they were seen.
    Answer(Result<Receipt, CommandError>),
}

/// The commands of one batch, in the order in which they were decided.
#[derive(Default)]
pub(crate) struct DecidedBatch {
    pub decided: Vec<Decided>,
    events: usize,
    /// Streams that commands of this batch write to.
    written: HashSet<StreamId>,
    /// Streams that answers rely on and that this batch does not write to, with their versions.
    seen: HashMap<StreamId, (usize, Sequence)>,
}

impl DecidedBatch {
    pub fn is_empty(&self) -> bool {
        self.decided.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.decided.len() >= BATCH_COMMANDS_MAX || self.events >= BATCH_EVENTS_MAX
    }

    /// Adds a command with its events.
    pub fn append(&mut self, request: Request, events: Vec<(StreamId, Sequence, Event)>) {
        let written: Vec<_> = events
            .iter()
            .map(|(stream, sequence, _)| (stream.clone(), *sequence))
            .collect();
        self.events += events.len();
        self.written
            .extend(written.iter().map(|(stream, _)| stream.clone()));
        self.decided.push(Decided {
            request,
            decision: Decision::Append { events, written },
        });
    }

    /// Adds a command that is answered without appending, and the versions that it relied on.
    pub fn answer(
        &mut self,
        request: Request,
        relied_on: Vec<Seen>,
        answer: Result<Receipt, CommandError>,
    ) {
        for seen in relied_on {
            if !self.written.contains(&seen.stream) {
                let index = self.seen.len();
                self.seen
                    .entry(seen.stream)
                    .or_insert((index, seen.version));
            }
        }
        self.decided.push(Decided {
            request,
            decision: Decision::Answer(answer),
        });
    }

    /// The batch for the committer. The decided commands stay here, without their events.
    pub fn close(&mut self, metadata: impl Fn(&Request) -> Metadata) -> Job {
        let entries = self.decided.iter_mut().map(|decided| {
            let request = &decided.request;
            let (events, claims) = match &mut decided.decision {
                Decision::Append { events, .. } => (std::mem::take(events), claims(request)),
                // Nothing to append, only a question: was this request answered before?
                Decision::Answer(_) => (Vec::new(), request.own_claim().into_iter().collect()),
            };
            Entry {
                metadata: metadata(request),
                events,
                claims,
                secrets: request.command.secrets(),
            }
        });
        Job {
            entries: entries.collect(),
            seen: self.seen_in_order(),
        }
    }

    fn seen_in_order(&self) -> Vec<Seen> {
        let mut seen: Vec<_> = self.seen.iter().collect();
        seen.sort_by_key(|(_, (index, _))| *index);
        seen.into_iter()
            .map(|(stream, (_, version))| Seen {
                stream: stream.clone(),
                version: *version,
            })
            .collect()
    }

    /// The streams that the journal found stale.
    pub fn stale(&self, indices: &[usize]) -> HashSet<StreamId> {
        let seen = self.seen_in_order();
        indices
            .iter()
            .filter_map(|index| seen.get(*index))
            .map(|seen| seen.stream.clone())
            .collect()
    }

    /// Lets all streams fall that commands write to which rely on a fallen one, until there are no more. Earlier commands
    /// count too: what they have written to such a stream would be forgotten with it and yet stay in the batch.
    fn spread(&self, fallen: &mut HashSet<StreamId>) {
        let mut known = 0;
        while fallen.len() > known {
            known = fallen.len();
            for Decided { request, decision } in &self.decided {
                if let Decision::Append { written, .. } = decision
                    && relies_on(request, fallen)
                {
                    fallen.extend(written.iter().map(|(stream, _)| stream.clone()));
                }
            }
        }
    }

    /// Takes out the commands that rely on any of these streams, and those that rely on the
    /// streams that these write to; `fallen` grows by those.
    pub fn take_dependents(&mut self, fallen: &mut HashSet<StreamId>) -> Vec<Request> {
        if fallen.is_empty() || self.is_empty() {
            return Vec::new();
        }
        self.spread(fallen);
        let mut dependents = Vec::new();
        let Self { decided, seen, .. } = std::mem::take(self);
        self.seen = seen;
        for Decided { request, decision } in decided {
            match decision {
                _ if relies_on(&request, fallen) => dependents.push(request),
                Decision::Append { events, .. } => self.append(request, events),
                Decision::Answer(answer) => self.answer(request, Vec::new(), answer),
            }
        }
        dependents
    }
}

/// Whether a request was decided on any of these streams.
fn relies_on(request: &Request, streams: &HashSet<StreamId>) -> bool {
    let mut needs = request.needs.iter();
    needs.any(|needed| streams.contains(&needed.stream))
}

/// The claims of a request, its own key first: a repeat must be known as one before anything else is.
fn claims(request: &Request) -> Vec<ClaimKey> {
    request
        .own_claim()
        .into_iter()
        .chain(request.claims.iter().map(|claim| claim.key))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use domain::{Facts, Rejection};
    use tokio::sync::oneshot;

    use super::*;
    use crate::{Command, Context, Needed, States};

    /// A command that is decided on these streams.
    struct On(Vec<StreamId>);

    impl Command for On {
        fn name(&self) -> &'static str {
            "On"
        }

        fn needs(&self) -> Vec<Needed> {
            self.0.iter().cloned().map(Needed::existing).collect()
        }

        fn decide(
            &self,
            _states: &States<'_>,
            _facts: &Facts,
        ) -> Result<Vec<(StreamId, Event)>, Rejection> {
            Ok(Vec::new())
        }
    }

    fn stream(name: &str) -> StreamId {
        StreamId::new("order", name)
    }

    /// Puts in a command that writes to each of these streams, at that sequence.
    fn write(batch: &mut DecidedBatch, to: &[(&str, Sequence)]) {
        let on = On(to.iter().map(|(name, _)| stream(name)).collect());
        let deadline = Instant::now() + Duration::from_secs(1);
        let (answer, _) = oneshot::channel();
        let request = Request::new(Box::new(on), Context::default(), deadline, answer);
        let completed = || Event::Order(domain::order::OrderEvent::OrderCompleted {});
        let events = to
            .iter()
            .map(|(name, sequence)| (stream(name), *sequence, completed()));
        batch.append(request, events.collect());
    }

    fn first_needs(requests: impl IntoIterator<Item = Request>) -> Vec<StreamId> {
        let mut needs = requests.into_iter().map(|request| request.needs);
        let first = |needs: Vec<Needed>| needs.into_iter().next().unwrap().stream;
        std::iter::from_fn(|| needs.next()).map(first).collect()
    }

    #[test]
    fn what_is_forgotten_with_a_fallen_stream_leaves_nothing_in_the_batch() {
        let mut batch = DecidedBatch::default();
        write(&mut batch, &[("shared", 5)]);
        write(&mut batch, &[("apart", 1)]);
        // The stream that falls takes `shared` down with it, and so what was written to that before.
        write(&mut batch, &[("fallen", 2), ("shared", 6)]);
        let mut fallen = HashSet::from([stream("fallen")]);
        let again = first_needs(batch.take_dependents(&mut fallen));
        assert_eq!(fallen, HashSet::from([stream("fallen"), stream("shared")]));
        assert_eq!(again, [stream("shared"), stream("fallen")]);
        let kept = batch.decided.into_iter().map(|decided| decided.request);
        assert_eq!(first_needs(kept), [stream("apart")]);
    }
}
