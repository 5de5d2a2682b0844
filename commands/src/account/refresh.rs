//! The next refresh token for this one, and what it means if this one was used up.

use domain::account::AccountCommand;
use domain::value::{AccountId, ClientId, SessionId};

use crate::{Beside, CommandError, Commands, Context, Receipt};

/// How many events a rotation is. A reuse is two: that it was detected, and the session's end.
const ROTATION_EVENTS: usize = 1;

/// What became of a refresh token that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// It was the current one, and the next has this generation.
    Rotated {
        /// The next token's.
        generation: u32,
        /// What was appended.
        receipt: Receipt,
    },
    /// It was used up before, so the session was ended. To be answered like a token that was
    /// revoked.
    Reused {
        /// What was appended.
        receipt: Receipt,
    },
}

impl Commands {
    /// Takes the refresh token of this generation of a session for the next one. Of two who show it
    /// at the same time, one gets the next token, and the other ends the session.
    ///
    /// # Errors
    /// `token-revoked` if the session has ended, is another client's, or never gave that token out;
    /// `token-expired`; `account-locked`; `account-erased`.
    ///
    /// `beside` is written for the next token and for a reuse alike: a hash of the next token, which nobody is given if it was a reuse.
    pub async fn refresh_session(
        &self,
        account: AccountId,
        session_id: SessionId,
        generation: u32,
        client_id: Option<ClientId>,
        beside: Beside,
        context: Context,
    ) -> Result<Refreshed, CommandError> {
        let command = AccountCommand::RefreshSession {
            session_id,
            generation,
            client_id,
        };
        let receipt = self
            .account_beside(account, command, beside, context)
            .await?;
        Ok(if receipt.events == ROTATION_EVENTS {
            Refreshed::Rotated {
                generation: generation.saturating_add(1),
                receipt,
            }
        } else {
            Refreshed::Reused { receipt }
        })
    }
}
