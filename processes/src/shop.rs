//! The port to the shop: what a process reads and what it asks for.
//!
//! Behind it is the executor ([`commands::Commands`]), or one on a journal in memory for the
//! simulation. Everything that a process decides on is a state folded from the journal, never a
//! query table; and time comes from here too.

use commands::order::OrderingCommand;
use commands::{CommandError, Commands, Context, Receipt, streams};
use domain::order::Order;
use domain::payment::{Payment, PaymentCommand};
use domain::value::{OrderId, PaymentId, Timestamp};
use futures::FutureExt;
use futures::future::BoxFuture;

/// The shop as the processes see it.
pub trait Shop: Send + Sync + 'static {
    /// What time it is.
    fn now(&self) -> Timestamp;

    /// An order as recorded; the default if it was never placed.
    fn order(&self, id: OrderId) -> BoxFuture<'_, Result<Order, CommandError>>;

    /// A payment as recorded; the default if it was never requested.
    fn payment(&self, id: PaymentId) -> BoxFuture<'_, Result<Payment, CommandError>>;

    /// Executes a command to an order, the stock items of its lines and its payment.
    fn ordering(
        &self,
        id: OrderId,
        command: OrderingCommand,
        context: Context,
    ) -> BoxFuture<'_, Result<Receipt, CommandError>>;

    /// Executes a command to a payment.
    fn pay(
        &self,
        id: PaymentId,
        command: PaymentCommand,
        context: Context,
    ) -> BoxFuture<'_, Result<Receipt, CommandError>>;
}

impl Shop for Commands {
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        Timestamp::EPOCH.saturating_add(since_epoch)
    }

    fn order(&self, id: OrderId) -> BoxFuture<'_, Result<Order, CommandError>> {
        async move {
            let (state, _) = self.state_of(&streams::order(id)).await?;
            Ok(state.as_order().cloned().unwrap_or_default())
        }
        .boxed()
    }

    fn payment(&self, id: PaymentId) -> BoxFuture<'_, Result<Payment, CommandError>> {
        async move {
            let (state, _) = self.state_of(&streams::payment(id)).await?;
            Ok(state.as_payment().cloned().unwrap_or_default())
        }
        .boxed()
    }

    fn ordering(
        &self,
        id: OrderId,
        command: OrderingCommand,
        context: Context,
    ) -> BoxFuture<'_, Result<Receipt, CommandError>> {
        Commands::ordering(self, id, command, context).boxed()
    }

    fn pay(
        &self,
        id: PaymentId,
        command: PaymentCommand,
        context: Context,
    ) -> BoxFuture<'_, Result<Receipt, CommandError>> {
        Commands::payment(self, id, command, context).boxed()
    }
}
