//! What a person does with a payment by hand. It is decided on the payment and its order together: only the order knows
//! what is due, and what came back.

use domain::order::Order;
use domain::ordering::{self, RefundWish};
use domain::payment::Payment;
use domain::value::{CaptureId, Money, PaymentId};
use domain::{Event, Facts, Rejection};
use journal::StreamId;

use crate::command::{Command, Needed, States};
use crate::{CommandError, Commands, Context, Receipt, streams};

/// What a person asks of a payment.
#[derive(Clone, Debug)]
pub enum ByHand {
    /// Money that is held is taken.
    Capture {
        /// The new capture.
        capture_id: CaptureId,
        /// How much; all that is due if not said.
        amount: Option<Money>,
    },
    /// Money is given back.
    Refund(RefundWish),
}

impl Commands {
    /// Executes what a person asks of a payment.
    pub async fn by_hand(
        &self,
        id: PaymentId,
        command: ByHand,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        let payment = streams::payment(id);
        let (state, _) = self.state_of(&payment).await?;
        let order = state.as_payment().and_then(Payment::order_id);
        let Some(order) = order.map(streams::order) else {
            return Err(Rejection::not_found(format!("there is no payment {id}")).into());
        };
        self.execute(to_payment_by_hand(payment, order, command), context)
            .await
    }
}

/// What a person asks of a payment and its order.
pub(crate) fn to_payment_by_hand(
    payment: StreamId,
    order: StreamId,
    command: ByHand,
) -> impl Command {
    ToPayment {
        payment,
        order,
        command,
    }
}

struct ToPayment {
    payment: StreamId,
    order: StreamId,
    command: ByHand,
}

impl Command for ToPayment {
    fn name(&self) -> &'static str {
        match self.command {
            ByHand::Capture { .. } => "RequestCapture",
            ByHand::Refund(_) => "RequestRefund",
        }
    }

    fn needs(&self) -> Vec<Needed> {
        [&self.payment, &self.order]
            .map(|stream| Needed::existing(stream.clone()))
            .into()
    }

    fn decide(
        &self,
        states: &States<'_>,
        _facts: &Facts,
    ) -> Result<Vec<(StreamId, Event)>, Rejection> {
        let (nothing, nowhere) = (Payment::default(), Order::default());
        let payment = states.get(&self.payment);
        let payment = payment.and_then(|(state, _)| state.as_payment());
        let payment = payment.unwrap_or(&nothing);
        let order = states.get(&self.order);
        let order = order.and_then(|(state, _)| state.as_order());
        let order = order.unwrap_or(&nowhere);
        let outcome = match self.command.clone() {
            ByHand::Capture { capture_id, amount } => {
                ordering::capture_by_hand(order, payment, capture_id, amount)?
            }
            ByHand::Refund(wish) => ordering::refund_by_hand(order, payment, wish)?,
        };
        let events = outcome.payments.into_values().flatten();
        Ok(events
            .map(|event| (self.payment.clone(), event.into()))
            .collect())
    }
}
