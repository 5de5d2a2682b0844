//! Another password: by whoever knows the old one, or by the link that was mailed to who has forgotten it.

use access::password::Password;
use commands::{Beside, Context, Receipt};
use domain::account::AccountCommand;
use domain::value::AccountId;
use journal::SecretWrite;

use super::link::Purpose;
use super::register::password_entry;
use super::{Job, in_the_name_of};
use crate::mail::{outbox, texts};
use crate::{Identity, IdentityError, kinds};

impl Identity {
    /// Takes another password; every session ends.
    ///
    /// # Errors
    /// [`IdentityError::InvalidCredentials`] if `old` is not the password; `validation-failed` at `/new_password`.
    pub async fn change_password(
        &self,
        id: AccountId,
        old: &str,
        new: &str,
        context: Context,
    ) -> Result<Receipt, IdentityError> {
        let context = self.guarded(context);
        let password = chosen(new, "/new_password")?;
        if !self.is_repeat(&context).await? {
            self.confirm_password(id, old).await?;
        }
        let secrets = self.of_another_password(id, password, &context).await?;
        let beside = Beside {
            secrets,
            ..Beside::default()
        };
        let command = AccountCommand::ChangePassword;
        let receipt = self.ending_sessions(id, command, beside, context).await?;
        self.0.mail_waits.notify_one();
        Ok(receipt)
    }

    /// Mails a link to choose another password to whoever has an account with this address, behind the answer. Whether it was a
    /// repeat of the same request.
    ///
    /// # Errors
    /// `validation-failed` for what is no address; [`commands::CommandError::Overloaded`].
    pub async fn forgot_password(
        &self,
        email: &str,
        context: Context,
    ) -> Result<bool, IdentityError> {
        let context = self.guarded(context);
        let hash = self.hash_of_typed(email)?;
        if self.is_repeat(&context).await? {
            return Ok(true);
        }
        self.behind_the_answer(Job::MailReset(hash))?;
        self.remember(&context).await?;
        Ok(false)
    }

    /// Takes another password by the link that was mailed; `token` is the link's. The address counts as verified, a lock for
    /// failed log-ins is taken off, and every session ends. Whether it was a repeat of the same request.
    ///
    /// # Errors
    /// `validation-failed` at `/token` (`not-valid`) or `/password`; `account-locked` if staff locked the account.
    pub async fn reset_password(
        &self,
        token: &str,
        new: &str,
        context: Context,
    ) -> Result<bool, IdentityError> {
        let context = self.guarded(context);
        let password = chosen(new, "/password")?;
        if self.is_repeat(&context).await? {
            return Ok(true);
        }
        let link = self.link(token, Purpose::Reset).await?;
        let id = link.account;
        let mut secrets = vec![link.use_up()];
        secrets.extend(self.of_another_password(id, password, &context).await?);
        let beside = Beside {
            claims: vec![link.claim()],
            secrets,
        };
        let context = Context {
            // That it works once is the link's own claim.
            request: None,
            ..in_the_name_of(id, context)
        };
        let command = AccountCommand::ResetPassword;
        self.ending_sessions(id, command, beside, context).await?;
        self.0.mail_waits.notify_one();
        let (account, _) = self.commands().account_state(id).await?;
        if let Some(profile) = account.profile() {
            self.forgive(profile.email_hash).await?;
        }
        Ok(false)
    }

    /// What another password puts into the vault: its hash, the mail that says so, and that the request was carried out.
    async fn of_another_password(
        &self,
        id: AccountId,
        password: Password,
        context: &Context,
    ) -> Result<Vec<SecretWrite>, IdentityError> {
        let hash = self.0.hasher.hash(password).await?;
        let mut writes = vec![SecretWrite::Put(password_entry(id, hash.as_str()))];
        let (account, _) = self.commands().account_state(id).await?;
        if let Some((key, to)) = self.mail_address(id, &account).await? {
            let mail = texts::password_changed(&self.0.options.public_url, to.expose());
            writes.push(SecretWrite::Put(outbox::entry(id, &key, &mail)?));
        }
        writes.extend(Self::carried_out(context, &kinds::owner_of(id)));
        Ok(writes)
    }
}

fn chosen(password: &str, pointer: &str) -> Result<Password, IdentityError> {
    Password::chosen(password)
        .map_err(|fault| IdentityError::invalid(pointer, "invalid-value", fault.to_string()))
}
