//! What a request to place an order may state: whose the order is, where and when it was sold and what was paid is a sales
//! channel's to say. A customer's own order is theirs by itself.

use domain::FieldError;
use domain::ledger::PAID_OUTSIDE;
use domain::ordering::PlaceOrder;
use domain::policy::{Operation, Reach};
use domain::value::{AccountId, Text};

use crate::auth::Allowed;
use crate::problem::Problem;

/// The order as whoever is `allowed` may place it.
pub fn as_allowed(mut order: PlaceOrder, allowed: &Allowed) -> Result<PlaceOrder, Problem> {
    let own = match allowed.reach {
        Reach::Own(account) => Some(text_of(account)?),
        Reach::Any => None,
    };
    let stated = stated(&order, own.as_ref());
    if !stated.is_empty() {
        let may = allowed.require(Operation::PlaceSoldOrder);
        may.map_err(|problem| problem.with_errors(stated))?;
    }
    if own.is_some() {
        order.customer = own;
    }
    Ok(order)
}

fn text_of(account: AccountId) -> Result<Text, Problem> {
    Text::new(account.to_string()).map_err(|error| {
        tracing::error!(%error, "an account's id is no text");
        Problem::internal()
    })
}

/// Each place where the order says what only a channel may.
fn stated(order: &PlaceOrder, own: Option<&Text>) -> Vec<FieldError> {
    let anothers = order.customer.as_ref().is_some_and(|it| Some(it) != own);
    let paid_outside = |gateway: &Text| gateway.as_str() == PAID_OUTSIDE;
    let payment = order.payment.as_ref();
    let places = [
        (anothers, "/customer", "whose the order is"),
        (order.channel.is_some(), "/channel", "where it was sold"),
        (order.placed_at.is_some(), "/placed_at", "when it was sold"),
        (order.paid.is_some(), "/paid", "that it was paid"),
        (
            payment.is_some_and(|payment| paid_outside(&payment.gateway)),
            "/payment/gateway",
            "that it is paid outside",
        ),
    ];
    let places = places.into_iter().filter(|(is_stated, ..)| *is_stated);
    let places = places.map(|(_, pointer, what)| fault(pointer, what));
    let lines = order.lines.iter().enumerate();
    let lines = lines.filter(|(_, line)| line.amounts.is_some());
    let lines = lines.map(|(at, _)| fault(&format!("/lines/{at}/gross"), "what was paid for it"));
    places.chain(lines).collect()
}

fn fault(pointer: &str, what: &str) -> FieldError {
    let detail = format!("only a sales channel, by the scope orders:channel, says {what}");
    FieldError::new(pointer, "not-yours-to-say", detail)
}
