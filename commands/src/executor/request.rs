//! A command on its way through the executor.

use std::time::Instant;

use journal::ClaimKey;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{Claim, Command, CommandError, Context, Needed, Receipt};

/// How often a command is decided before it is given up as contended.
const ATTEMPTS_MAX: u32 = 16;

/// A command, who waits for its answer, and what is known of it so far.
pub(crate) struct Request {
    pub command: Box<dyn Command>,
    pub command_id: Uuid,
    pub context: Context,
    pub needs: Vec<Needed>,
    pub claims: Vec<Claim>,
    pub deadline: Instant,
    attempts: u32,
    answer: oneshot::Sender<Result<Receipt, CommandError>>,
}

impl Request {
    pub fn new(
        command: Box<dyn Command>,
        context: Context,
        deadline: Instant,
        answer: oneshot::Sender<Result<Receipt, CommandError>>,
    ) -> Self {
        let needs = command.needs();
        let claims = command.claims();
        Self {
            command,
            command_id: Uuid::now_v7(),
            context,
            needs,
            claims,
            deadline,
            attempts: 0,
            answer,
        }
    }

    /// The claim on the request's idempotency key, if it has one.
    pub fn own_claim(&self) -> Option<ClaimKey> {
        self.context.request.as_ref().map(|request| request.claim)
    }

    /// Whether whoever waited has gone: their connection ended, or their time was over.
    pub fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    /// Answers whoever waits; they may have gone.
    pub fn answer(self, outcome: Result<Receipt, CommandError>) {
        let _ = self.answer.send(outcome);
    }

    /// Makes the request ready to be decided again, on what the journal holds; `false` when it
    /// has been tried often enough.
    pub fn try_again(&mut self) -> bool {
        self.attempts += 1;
        for needed in &mut self.needs {
            needed.presumed_new = false;
        }
        self.attempts < ATTEMPTS_MAX
    }
}
