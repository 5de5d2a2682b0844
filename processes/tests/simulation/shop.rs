//! The shop as the processes see it, over the journal in memory: every call lets others in before and after it.

use std::sync::Arc;

use commands::memory::MemoryCommands;
use commands::order::OrderingCommand;
use commands::{CommandError, Context, Receipt, StreamId, streams};
use domain::State;
use domain::order::Order;
use domain::payment::{Payment, PaymentCommand};
use domain::value::{OrderId, PaymentId, Timestamp};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use processes::Shop;

use super::chaos::Chaos;
use super::time::{Clock, pause};

pub struct SimulatedShop {
    pub memory: Arc<MemoryCommands>,
    pub chaos: Chaos,
    pub clock: Clock,
}

impl SimulatedShop {
    async fn read(&self, stream: StreamId) -> Result<State, CommandError> {
        pause().await;
        if self.chaos.of_reading() {
            return Err(CommandError::Unavailable);
        }
        let (state, _) = self.memory.state_of(&stream)?;
        pause().await;
        Ok(state)
    }
}

impl Shop for SimulatedShop {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn order(&self, id: OrderId) -> BoxFuture<'_, Result<Order, CommandError>> {
        async move {
            let state = self.read(streams::order(id)).await?;
            Ok(state.as_order().cloned().unwrap_or_default())
        }
        .boxed()
    }

    fn payment(&self, id: PaymentId) -> BoxFuture<'_, Result<Payment, CommandError>> {
        async move {
            let state = self.read(streams::payment(id)).await?;
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
        async move {
            pause().await;
            let answer = self.memory.ordering(id, command, &context);
            pause().await;
            answer
        }
        .boxed()
    }

    fn pay(
        &self,
        id: PaymentId,
        command: PaymentCommand,
        context: Context,
    ) -> BoxFuture<'_, Result<Receipt, CommandError>> {
        async move {
            pause().await;
            let answer = self.memory.payment(id, command, &context);
            pause().await;
            answer
        }
        .boxed()
    }
}
