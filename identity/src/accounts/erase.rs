//! Erasing: the person is forgotten for ever, and what they ordered and paid stays.
//!
//! The data key goes first, in a write of its own: whoever is putting something of the account's into the vault holds on to that
//! key until it is there, so that all else of the account's, which goes after it, is everything.

use commands::{Beside, Context, Receipt};
use domain::Rejection;
use domain::account::AccountCommand;
use domain::value::AccountId;
use journal::SecretWrite;

use crate::{Identity, IdentityError, kinds};

impl Identity {
    /// Erases the account of whoever knows its password.
    ///
    /// # Errors
    /// [`IdentityError::InvalidCredentials`] for a wrong password; `validation-failed` (`last-owner`).
    pub async fn erase_own(
        &self,
        id: AccountId,
        password: &str,
        context: Context,
    ) -> Result<Receipt, IdentityError> {
        self.confirm_password(id, password).await?;
        self.erase(id, context).await
    }

    /// Erases an account, on the person's request.
    ///
    /// # Errors
    /// `not-found`; `validation-failed` (`last-owner`).
    pub async fn erase(&self, id: AccountId, context: Context) -> Result<Receipt, IdentityError> {
        let context = self.guarded(context);
        let (account, _) = self.commands().account_state(id).await?;
        let Some(hash) = account
            .profile()
            .map(|profile| profile.email_hash.to_string())
        else {
            return Err(Rejection::not_found("there is no such account").into());
        };
        let destroy = |kind, key: &str| SecretWrite::Destroy {
            kind,
            key: key.to_owned(),
        };
        let beside = Beside {
            secrets: vec![
                destroy(kinds::DATA_KEY, &id.to_string()),
                SecretWrite::DestroyOwned {
                    kind: None,
                    owner: kinds::owner_of(id),
                },
                destroy(kinds::LOG_IN_LOCK, &hash),
            ],
            ..Beside::default()
        };
        let command = AccountCommand::EraseAccount;
        let receipt = self.ending_sessions(id, command, beside, context).await?;
        for counter in [kinds::LOG_IN_FAILURES, kinds::MAILS_ASKED_FOR] {
            self.vault().forget_count(counter, &hash).await?;
        }
        Ok(receipt)
    }
}
