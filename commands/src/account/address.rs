//! Whose an e-mail address is: found by its claims.
//!
//! The first account under an address claims the address. When that account was erased, the next
//! claims to be its successor under it, and so on: the chain ends at the account that has the
//! address now, or at an erased one that nobody succeeded yet.

use domain::account::Account;
use domain::value::{AccountId, EmailHash};
use domain::{Claim, Rejection};

use crate::command::claim_key;
use crate::{CommandError, Commands};

/// Longest chain of accounts under one address that is followed. Who erases their account and comes
/// back more often than this finds the address taken.
pub const SUCCESSORS_MAX: usize = 32;

/// Whose an address is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Nobody's. A registration names whom it succeeds: the last erased account that had it.
    Free {
        /// The account to be succeeded, if one had the address before.
        succeeds: Option<AccountId>,
    },
    /// This account's, as it is recorded.
    Taken {
        /// Its id.
        id: AccountId,
        /// Its state.
        account: Box<Account>,
        /// Its version.
        version: u64,
    },
}

impl Commands {
    /// Whose the address with this keyed hash is, as of now. Two who find it free at the same time
    /// may both register: the second is refused.
    ///
    /// # Errors
    /// [`CommandError::Unavailable`] if the journal is away; `email-taken` if more accounts were
    /// erased under the address than [`SUCCESSORS_MAX`].
    pub async fn account_of_address(&self, hash: EmailHash) -> Result<Address, CommandError> {
        let mut succeeds = None;
        for _ in 0..SUCCESSORS_MAX {
            let Some(id) = self.claimant(Claim::Email { hash, succeeds }).await? else {
                return Ok(Address::Free { succeeds });
            };
            let (account, version) = self.account_state(id).await?;
            if !account.is_erased() {
                let account = Box::new(account);
                return Ok(Address::Taken {
                    id,
                    account,
                    version,
                });
            }
            succeeds = Some(id);
        }
        Err(Rejection::email_taken("/email").into())
    }

    /// The account that claimed `address`.
    async fn claimant(&self, address: Claim) -> Result<Option<AccountId>, CommandError> {
        let key = claim_key(&address);
        let claimed = self.journal().claimed_streams(&[key]).await;
        let claimed = claimed.map_err(|error| {
            tracing::warn!(%error, "could not look an address up");
            CommandError::Unavailable
        })?;
        let Some(stream) = claimed.get(&key) else {
            return Ok(None);
        };
        let id = stream.aggregate_id.parse::<AccountId>();
        id.map(Some).map_err(|error| {
            tracing::error!(%error, stream.id = %stream, "an address was claimed by no account");
            CommandError::Defect
        })
    }
}
