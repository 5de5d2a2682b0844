//! Beginning to pay for an order.

use std::sync::Arc;

use super::OrderingOutcome;
use crate::order::{Order, OrderStatus};
use crate::payment::{self, Payment, PaymentCommand, PaymentEvent, PaymentRequested};
use crate::rejection::Rejection;

/// Requests the payment of an order that was placed, and its authorization, as its customer chose
/// to pay: `payment` is the one of [`OrderId::payment`](crate::value::OrderId::payment), new.
/// Nothing happens for an order whose customer did not choose (staff confirm or reject it), or
/// that is not waiting for its payment; and once is enough.
pub fn begin_payment(order: &Order, payment: &Payment) -> Result<OrderingOutcome, Rejection> {
    let mut outcome = OrderingOutcome::default();
    let (Some(placed), Some(due)) = (order.placed(), order.due()) else {
        return Err(Rejection::not_found("there is no such order"));
    };
    let waits = order.status() == Some(OrderStatus::Placed) && placed.paid.is_none();
    let Some(choice) = placed.payment.as_ref().filter(|_| waits) else {
        return Ok(outcome);
    };
    if due.minor == 0 || payment.requested().is_some() {
        return Ok(outcome);
    }
    let payment_id = placed.order_id.payment();
    let commands = [
        PaymentCommand::RequestPayment(Arc::new(PaymentRequested {
            payment_id,
            order_id: placed.order_id,
            amount: due,
            gateway: choice.gateway.clone(),
            method: choice.method.clone(),
        })),
        PaymentCommand::RequestAuthorization {
            auth_id: payment_id.authorization(),
        },
    ];
    outcome.add_payment(payment_id, decided(payment, commands)?);
    Ok(outcome)
}

fn decided(
    payment: &Payment,
    commands: impl IntoIterator<Item = PaymentCommand>,
) -> Result<Vec<PaymentEvent>, Rejection> {
    let (mut payment, mut events) = (payment.clone(), Vec::new());
    for command in commands {
        let more = payment::decide(&payment, command)?;
        more.iter().for_each(|event| payment.evolve(event));
        events.extend(more);
    }
    Ok(events)
}
