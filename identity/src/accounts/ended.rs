//! Sessions that end with a command: refused on this node before the command is answered, and on the others when they read of it.

use commands::{Beside, Context, Receipt};
use domain::account::AccountCommand;
use domain::value::AccountId;

use crate::{Identity, IdentityError};

impl Identity {
    /// Executes a command that ends every session of the account.
    pub(super) async fn ending_sessions(
        &self,
        id: AccountId,
        command: AccountCommand,
        beside: Beside,
        context: Context,
    ) -> Result<Receipt, IdentityError> {
        let (before, _) = self.commands().account_state(id).await?;
        let receipt = self
            .commands()
            .account_beside(id, command, beside, context)
            .await?;
        // A repeat ends nothing: what is live by now began after the first one.
        if !receipt.replayed && receipt.events > 0 {
            self.note_ended(before.sessions().live().keys().copied());
        }
        Ok(receipt)
    }
}
