//! Settling: what a batch came to, told to everyone who waits for it.

use std::collections::HashSet;

use journal::{AppendError, CommandOutcome, Journal, Outcomes, Position, Sequence, StreamId};

use super::batch::{Decided, DecidedBatch, Decision};
use super::decider::{Decider, Internal};
use super::loader::SNAPSHOT_EVERY;
use super::request::Request;
use crate::{CommandError, Receipt};

impl Decider {
    /// The batch that was being committed has come back.
    pub(super) fn settled(&mut self, outcome: Result<Outcomes, AppendError>) {
        let Some(batch) = self.in_flight.take() else {
            return;
        };
        match outcome {
            Ok(outcomes) => self.settle_each(batch, outcomes),
            Err(error) => self.settle_failed(batch, &error),
        }
    }

    fn settle_each(&mut self, batch: DecidedBatch, outcomes: Outcomes) {
        let mut fallen = batch.stale(&outcomes.stale);
        for (decided, outcome) in batch.decided.iter().zip(&outcomes.commands) {
            if let (Decision::Append { written, .. }, false) =
                (&decided.decision, is_appended(outcome))
            {
                fallen.extend(written.iter().map(|(stream, _)| stream.clone()));
            }
        }
        let mut again = self.filling.take_dependents(&mut fallen);
        for stream in &fallen {
            self.cache.forget(stream);
        }
        let position = self.journal.durable().borrow().to_owned();
        for (Decided { request, decision }, outcome) in
            batch.decided.into_iter().zip(outcomes.commands)
        {
            match (decision, outcome) {
                (Decision::Append { written, .. }, CommandOutcome::Appended(first)) => {
                    self.appended(request, first, &written);
                }
                (_, CommandOutcome::Claimed { claim, by }) => self.claimed(request, claim, by),
                (Decision::Append { .. }, _) => again.push(request),
                (Decision::Answer(answer), outcome) => {
                    let relied_on_fallen = request
                        .needs
                        .iter()
                        .any(|needed| fallen.contains(&needed.stream));
                    if relied_on_fallen || matches!(outcome, CommandOutcome::Conflict { .. }) {
                        again.push(request);
                    } else {
                        request.answer(answer.map(|receipt| Receipt {
                            position,
                            ..receipt
                        }));
                    }
                }
            }
        }
        again
            .into_iter()
            .for_each(|request| self.decide_again(request));
    }

    fn appended(&mut self, request: Request, first: Position, written: &[(StreamId, Sequence)]) {
        let receipt = Receipt::of_appended(
            first,
            written.iter().map(|(stream, sequence)| (stream, *sequence)),
        );
        for (stream, sequence) in written
            .iter()
            .filter(|(_, sequence)| sequence % SNAPSHOT_EVERY == 0)
        {
            if self.snapshots.try_send(stream.clone()).is_err() {
                tracing::debug!(stream.id = %stream, sequence, "the snapshot queue is full");
            }
        }
        if let Some(key) = &request.context.request {
            for waiter in self.keys.remove(&key.claim).unwrap_or_default() {
                let same = waiter
                    .context
                    .request
                    .as_ref()
                    .is_some_and(|other| other.body_hash == key.body_hash);
                waiter.answer(if same {
                    Ok(Receipt {
                        replayed: true,
                        ..receipt.clone()
                    })
                } else {
                    Err(CommandError::KeyReused)
                });
            }
        }
        request.answer(Ok(receipt));
    }

    /// A claim is held by an earlier command: the same request, or one that was first.
    fn claimed(&mut self, request: Request, claim: usize, by: Position) {
        self.release_key(&request);
        let own_keys = usize::from(request.context.request.is_some());
        if claim >= own_keys {
            let rejection = request.claims[claim - own_keys].taken.clone();
            return request.answer(Err(rejection.into()));
        }
        let journal = self.journal.clone();
        tokio::spawn(async move {
            let outcome = replay(&journal, &request, by).await;
            request.answer(outcome);
        });
    }

    fn decide_again(&mut self, mut request: Request) {
        self.release_key(&request);
        if request.try_again() {
            metrics::counter!("daybook_commands_decided_again_total").increment(1);
            let _ = self.internal_sender.send(Internal::Again(request));
        } else {
            request.answer(Err(CommandError::Contended));
        }
    }

    /// Nothing of the batch is known to be appended.
    fn settle_failed(&mut self, batch: DecidedBatch, error: &AppendError) {
        let answer = match error {
            AppendError::Unavailable(_) => CommandError::Unavailable,
            AppendError::Unknown(_) => CommandError::OutcomeUnknown,
            AppendError::Refused(_) => CommandError::Defect,
        };
        if matches!(error, AppendError::Refused(_)) {
            tracing::error!(%error, commands = batch.decided.len(), "the journal refused a batch");
        } else {
            tracing::warn!(%error, commands = batch.decided.len(), "a batch was not committed");
        }
        let mut fallen = HashSet::new();
        for Decided { request, .. } in &batch.decided {
            fallen.extend(request.needs.iter().map(|needed| needed.stream.clone()));
        }
        let again = self.filling.take_dependents(&mut fallen);
        for stream in &fallen {
            self.cache.forget(stream);
        }
        for Decided { request, decision } in batch.decided {
            self.release_key(&request);
            match decision {
                // Nothing of its own was to be appended: whatever happened, it changed nothing.
                Decision::Answer(_) => request.answer(Err(CommandError::Unavailable)),
                Decision::Append { .. } => request.answer(Err(answer.clone())),
            }
        }
        again
            .into_iter()
            .for_each(|request| self.decide_again(request));
    }

    /// The request no longer stands for its key: who waited for it is decided instead.
    fn release_key(&mut self, request: &Request) {
        let Some(key) = &request.context.request else {
            return;
        };
        for waiter in self.keys.remove(&key.claim).unwrap_or_default() {
            let _ = self.internal_sender.send(Internal::Again(waiter));
        }
    }
}

fn is_appended(outcome: &CommandOutcome) -> bool {
    matches!(outcome, CommandOutcome::Appended(_))
}

/// The answer to a request whose key is held by the command that begins at `by`.
async fn replay(
    journal: &Journal,
    request: &Request,
    by: Position,
) -> Result<Receipt, CommandError> {
    let events = journal.read_command(by).await.map_err(|error| {
        tracing::warn!(%error, position = by, "could not read the command of a repeated request");
        CommandError::Unavailable
    })?;
    let recorded_hash = events
        .first()
        .map(|event| event.metadata().request_hash)
        .unwrap_or_default();
    match &request.context.request {
        Some(key) if key.body_hash == recorded_hash => {
            Receipt::of_recorded(&events).ok_or(CommandError::Defect)
        }
        _ => Err(CommandError::KeyReused),
    }
}
