//! The shop's commands on a journal in memory, as [`Commands`](crate::Commands) has them.

use domain::account::AccountCommand;
use domain::client::ClientCommand;
use domain::order::OrderCommand;
use domain::ordering::PlaceOrder;
use domain::payment::PaymentCommand;
use domain::product::ProductCommand;
use domain::stock::StockCommand;
use domain::value::{AccountId, ClientId, OrderId, PaymentId, ProductId, StockId};

use super::MemoryCommands;
use crate::account::to_account;
use crate::client::to_client;
use crate::command::ToOne;
use crate::order::{OrderingCommand, to_ordering, to_place};
use crate::payment::{ByHand, to_payment, to_payment_by_hand};
use crate::{Beside, CommandError, Context, Receipt, streams};

impl MemoryCommands {
    /// Executes a command to a product.
    ///
    /// # Errors
    /// As [`Self::execute`]; so in all of these.
    pub fn product(
        &self,
        id: ProductId,
        command: ProductCommand,
        context: &Context,
    ) -> Result<Receipt, CommandError> {
        let stream = streams::product(id);
        self.execute(&ToOne::new(stream, command), context)
    }

    /// Executes a command to a stock item.
    pub fn stock(
        &self,
        id: &StockId,
        command: StockCommand,
        context: &Context,
    ) -> Result<Receipt, CommandError> {
        let stream = streams::stock(id);
        self.execute(&ToOne::new(stream, command), context)
    }

    /// Places an order.
    pub fn place_order(
        &self,
        place: PlaceOrder,
        context: &Context,
    ) -> Result<Receipt, CommandError> {
        let products = {
            let memory = self.memory();
            let skus = place.lines.iter().map(|line| line.sku.clone());
            let found = skus.filter_map(|sku| Some((sku.clone(), memory.product_of(&sku)?)));
            found.collect()
        };
        self.execute(&to_place(place, products), context)
    }

    /// Executes a command to an order that moves no stock.
    pub fn order(
        &self,
        id: OrderId,
        command: OrderCommand,
        context: &Context,
    ) -> Result<Receipt, CommandError> {
        let stream = streams::order(id);
        self.execute(&ToOne::new(stream, command), context)
    }

    /// Executes a command to an order, the stock items of its lines and its payment.
    pub fn ordering(
        &self,
        id: OrderId,
        command: OrderingCommand,
        context: &Context,
    ) -> Result<Receipt, CommandError> {
        let (state, _) = self.state_of(&streams::order(id))?;
        let order = state.as_order().cloned().unwrap_or_default();
        self.execute(&to_ordering(id, &order, command), context)
    }

    /// Executes a command to a payment.
    pub fn payment(
        &self,
        id: PaymentId,
        command: PaymentCommand,
        context: &Context,
    ) -> Result<Receipt, CommandError> {
        self.execute(&to_payment(id, command), context)
    }

    /// Executes what a person asks of an order's payment.
    pub fn by_hand(
        &self,
        order: OrderId,
        command: ByHand,
        context: &Context,
    ) -> Result<Receipt, CommandError> {
        let payment = streams::payment(order.payment());
        let command = to_payment_by_hand(payment, streams::order(order), command);
        self.execute(&command, context)
    }

    /// Executes a command to an account.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub fn account(
        &self,
        id: AccountId,
        command: AccountCommand,
        context: &Context,
    ) -> Result<Receipt, CommandError> {
        self.execute(&to_account(id, command, Beside::default()), context)
    }

    /// Executes a command to a client.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub fn client(
        &self,
        id: ClientId,
        command: ClientCommand,
        context: &Context,
    ) -> Result<Receipt, CommandError> {
        self.execute(&to_client(id, command, Beside::default()), context)
    }
}
