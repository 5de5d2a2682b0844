//! One's own account: what is said about the person, and the sessions.

use commands::{Beside, Context, Receipt};
use domain::Rejection;
use domain::account::{AccountCommand, SessionEnd};
use domain::product::Patch;
use domain::value::{AccountId, Sealed, SessionId};

use crate::{Identity, IdentityError, personal};

/// What changes of what is said about the person.
#[derive(Clone, Default)]
pub struct ProfileChange {
    /// The name.
    pub name: Patch<String>,
    /// The telephone number.
    pub phone: Patch<String>,
    /// The postal address.
    pub address: Patch<String>,
}

impl Identity {
    /// Changes what is said about the person.
    ///
    /// # Errors
    /// `not-found`; `account-locked` if staff locked the account; a version that is another.
    pub async fn revise(
        &self,
        id: AccountId,
        change: ProfileChange,
        context: Context,
    ) -> Result<Receipt, IdentityError> {
        let context = self.guarded(context);
        let Some(key) = self.data_key(id).await? else {
            return Err(Rejection::not_found("there is no such account").into());
        };
        let seal = |field, patch| -> Result<Patch<Sealed>, IdentityError> {
            Ok(match patch {
                Patch::Keep => Patch::Keep,
                Patch::Clear => Patch::Clear,
                Patch::Set(text) => {
                    let text: String = text;
                    Patch::Set(personal::seal(&key, id, field, &text)?)
                }
            })
        };
        let command = AccountCommand::ReviseAccount {
            name: seal(personal::NAME, change.name)?,
            phone: seal(personal::PHONE, change.phone)?,
            address: seal(personal::ADDRESS, change.address)?,
        };
        Ok(self.commands().account(id, command, context).await?)
    }

    /// Ends one session.
    ///
    /// # Errors
    /// `not-found` if the account has none of this id.
    pub async fn log_out(
        &self,
        id: AccountId,
        session_id: SessionId,
        context: Context,
    ) -> Result<Receipt, IdentityError> {
        let context = self.guarded(context);
        let reason = SessionEnd::LoggedOut;
        let command = AccountCommand::EndSession { session_id, reason };
        let receipt = self.commands().account(id, command, context).await?;
        self.note_ended([session_id]);
        Ok(receipt)
    }

    /// Ends every session.
    ///
    /// # Errors
    /// Those of any command.
    pub async fn log_out_everywhere(
        &self,
        id: AccountId,
        context: Context,
    ) -> Result<Receipt, IdentityError> {
        let context = self.guarded(context);
        let reason = SessionEnd::LoggedOut;
        let command = AccountCommand::EndAllSessions { reason };
        let beside = Beside::default();
        self.ending_sessions(id, command, beside, context).await
    }
}
