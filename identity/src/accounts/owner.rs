//! The first owner, from the command line: whoever has the database and the master key needs no permission.

use access::password::Password;
use access::seal::{DataKey, NormalEmail};
use commands::account::Address;
use commands::{Beside, Context};
use domain::account::{AccountCommand, RegisterAccount};
use domain::value::{AccountId, EmailHash, Role};
use journal::SecretWrite;
use uuid::Uuid;

use super::register::password_entry;
use crate::{Identity, IdentityError, personal};

/// Who is recorded to have done it.
const ACTOR: &str = "service:command-line";

impl Identity {
    /// Makes whoever reads the mail of this address an owner, with this password. An account that is there already is taken over:
    /// it gets the password, and every session of it ends. Can be run again after it was broken off.
    ///
    /// # Errors
    /// `validation-failed` at `/email` or `/password`; `account-locked`.
    pub async fn create_owner(
        &self,
        email: &str,
        password: &str,
    ) -> Result<AccountId, IdentityError> {
        let address = NormalEmail::parse(email);
        let address = address.map_err(|fault| {
            IdentityError::invalid("/email", "invalid-value", fault.to_string())
        })?;
        let password = Password::chosen(password);
        let password = password.map_err(|fault| {
            IdentityError::invalid("/password", "invalid-value", fault.to_string())
        })?;
        let phc = self.0.hasher.hash(password).await?;
        let hash = EmailHash::from(self.0.email_key.hash(&address));
        let id = match self.whose(hash).await? {
            Some(Address::Taken { id, .. }) => id,
            Some(Address::Free { succeeds }) => {
                self.register_unasked(hash, &address, succeeds).await?
            }
            None => return Err(domain::Rejection::email_taken("/email").into()),
        };
        let beside = Beside {
            secrets: vec![SecretWrite::Put(password_entry(id, phc.as_str()))],
            ..Beside::default()
        };
        // Verifies the address too.
        let command = AccountCommand::ResetPassword;
        self.commands()
            .account_beside(id, command, beside, context())
            .await?;
        self.forgive(hash).await?;
        let command = AccountCommand::GrantRole { role: Role::Owner };
        self.commands().account(id, command, context()).await?;
        Ok(id)
    }

    async fn register_unasked(
        &self,
        email_hash: EmailHash,
        email: &NormalEmail,
        succeeds: Option<AccountId>,
    ) -> Result<AccountId, IdentityError> {
        let account_id = AccountId(Uuid::now_v7());
        let key = DataKey::generate()?;
        let command = RegisterAccount {
            account_id,
            email_hash,
            email: personal::seal(&key, account_id, personal::EMAIL, email.expose())?,
            name: None,
            succeeds,
        };
        let beside = Beside {
            secrets: vec![SecretWrite::Put(self.data_key_entry(account_id, &key)?)],
            ..Beside::default()
        };
        let command = AccountCommand::RegisterAccount(command.into());
        self.commands()
            .account_beside(account_id, command, beside, context())
            .await?;
        Ok(account_id)
    }
}

fn context() -> Context {
    Context {
        actor: ACTOR.to_owned(),
        ..Context::default()
    }
}
