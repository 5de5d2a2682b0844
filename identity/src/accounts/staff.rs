//! What staff do with accounts: find one by its address, lock and unlock, grant and revoke roles.

use commands::account::Address;
use commands::{Beside, Context, Receipt};
use domain::account::{AccountCommand, LockReason, UnlockReason};
use domain::value::{AccountId, Role};

use crate::{Identity, IdentityError};

impl Identity {
    /// The account that has exactly this address now.
    ///
    /// # Errors
    /// `validation-failed` at `/email` for what is no address.
    pub async fn account_of(&self, email: &str) -> Result<Option<AccountId>, IdentityError> {
        let hash = self.hash_of_typed(email)?;
        Ok(match self.whose(hash).await? {
            Some(Address::Taken { id, .. }) => Some(id),
            _ => None,
        })
    }

    /// Locks an account until it is unlocked; every session ends.
    ///
    /// # Errors
    /// `validation-failed` (`is-owner`) for an owner's.
    pub async fn lock(
        &self,
        id: AccountId,
        reason: LockReason,
        context: Context,
    ) -> Result<Receipt, IdentityError> {
        let until = None;
        let command = AccountCommand::LockAccount { reason, until };
        let (beside, context) = (Beside::default(), self.guarded(context));
        self.ending_sessions(id, command, beside, context).await
    }

    /// Takes a lock off, whatever it was for, and forgives failed log-ins.
    ///
    /// # Errors
    /// Those of any command.
    pub async fn unlock(
        &self,
        id: AccountId,
        reason: UnlockReason,
        context: Context,
    ) -> Result<Receipt, IdentityError> {
        let command = AccountCommand::UnlockAccount { reason };
        let receipt = self
            .commands()
            .account(id, command, self.guarded(context))
            .await?;
        let (account, _) = self.commands().account_state(id).await?;
        if let Some(profile) = account.profile() {
            self.forgive(profile.email_hash).await?;
        }
        Ok(receipt)
    }

    /// Grants a role.
    ///
    /// # Errors
    /// `validation-failed` (`email-not-verified`, `is-locked`).
    pub async fn grant(
        &self,
        id: AccountId,
        role: Role,
        context: Context,
    ) -> Result<Receipt, IdentityError> {
        let command = AccountCommand::GrantRole { role };
        Ok(self
            .commands()
            .account(id, command, self.guarded(context))
            .await?)
    }

    /// Takes a role away; every session ends.
    ///
    /// # Errors
    /// `validation-failed` (`last-owner`, `not-revocable`).
    pub async fn revoke(
        &self,
        id: AccountId,
        role: Role,
        context: Context,
    ) -> Result<Receipt, IdentityError> {
        let command = AccountCommand::RevokeRole { role };
        let (beside, context) = (Beside::default(), self.guarded(context));
        self.ending_sessions(id, command, beside, context).await
    }
}
