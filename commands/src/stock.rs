//! The stock item's commands.

use domain::stock::{self, StockCommand};
use domain::value::StockId;
use domain::{Event, Facts, Rejection, State};

use crate::command::{OneAggregate, ToOne, events};
use crate::{CommandError, Commands, Context, Receipt, streams};

impl Commands {
    /// Executes a command to a stock item.
    ///
    /// # Errors
    /// `not-found` if no product has the SKU.
    pub async fn stock(
        &self,
        id: &StockId,
        command: StockCommand,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        if self
            .skus()
            .products(std::slice::from_ref(&id.sku))
            .await?
            .is_empty()
        {
            let detail = format!(
                "no product has the SKU {}; create the product first",
                id.sku
            );
            return Err(Rejection::not_found(detail).into());
        }
        self.execute(ToOne::new(streams::stock(id), command), context)
            .await
    }
}

impl OneAggregate for StockCommand {
    fn name(&self) -> &'static str {
        match self {
            StockCommand::ReceiveStock { .. } => "ReceiveStock",
            StockCommand::AdjustStock { .. } => "AdjustStock",
            StockCommand::ReserveStock(_) => "ReserveStock",
            StockCommand::RenewReservation(_) => "RenewReservation",
            StockCommand::HandOverStock { .. } => "HandOverStock",
            StockCommand::ExtendReservation { .. } => "ExtendReservation",
            StockCommand::CommitReservation { .. } => "CommitReservation",
            StockCommand::ReleaseReservation { .. } => "ReleaseReservation",
            StockCommand::ExpireReservations => "ExpireReservations",
            StockCommand::DispatchStock { .. } => "DispatchStock",
            StockCommand::RestockReturn { .. } => "RestockReturn",
        }
    }

    fn decide(self, state: &State, facts: &Facts) -> Result<Vec<Event>, Rejection> {
        match state.as_stock() {
            Some(state) => Ok(events(stock::decide(state, self, facts)?)),
            None => Ok(Vec::new()),
        }
    }
}
