//! The payment's commands. What a payment and its order do together is in [`crate::order`].

mod by_hand;

use domain::payment::{self, PaymentCommand};
use domain::value::PaymentId;
use domain::{Event, Facts, Rejection, State};

use crate::command::{Command, OneAggregate, ToOne, events};
use crate::{CommandError, Commands, Context, Receipt, streams};

pub use by_hand::ByHand;
pub(crate) use by_hand::to_payment_by_hand;

impl Commands {
    /// Executes a command to a payment.
    pub async fn payment(
        &self,
        id: PaymentId,
        command: PaymentCommand,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        self.execute(to_payment(id, command), context).await
    }
}

/// The command to payment `id`.
pub fn to_payment(id: PaymentId, command: PaymentCommand) -> impl Command {
    ToOne::new(streams::payment(id), command)
}

impl OneAggregate for PaymentCommand {
    fn name(&self) -> &'static str {
        PaymentCommand::name(self)
    }

    fn opens(&self) -> bool {
        matches!(self, Self::RequestPayment(_))
    }

    fn decide(self, state: &State, _facts: &Facts) -> Result<Vec<Event>, Rejection> {
        match state.as_payment() {
            Some(state) => Ok(events(payment::decide(state, self)?)),
            None => Ok(Vec::new()),
        }
    }
}
