//! An account as it is shown: to the person, and to staff; with what is personal in clear, or without.

use access::Secret;
use domain::Rejection;
use domain::account::{Account, EmailStatus, LockReason, SecondFactor, Totp};
use domain::value::{AccountId, ClientId, Role, SessionId, Timestamp};
use serde::{Serialize, Serializer};

use crate::personal::Opened;
use crate::{Identity, IdentityError, clock};

/// An account.
#[derive(Debug, Serialize)]
pub struct AccountView {
    /// Its id.
    pub id: AccountId,
    /// Its version, for `If-Match`.
    pub version: u64,
    /// Its address; `null` for who may not see it.
    #[serde(serialize_with = "in_clear")]
    pub email: Option<Secret<String>>,
    /// Whether the person reads what is mailed to the address.
    pub email_verified: bool,
    /// The name.
    #[serde(serialize_with = "in_clear")]
    pub name: Option<Secret<String>>,
    /// The telephone number.
    #[serde(serialize_with = "in_clear")]
    pub phone: Option<Secret<String>>,
    /// The postal address.
    #[serde(serialize_with = "in_clear")]
    pub address: Option<Secret<String>>,
    /// What the person may be in the shop.
    pub roles: Vec<Role>,
    /// Whether a second factor is asked for.
    pub second_factor: bool,
    /// Why nobody is let in, if so.
    pub locked: Option<LockView>,
    /// Whether the person is forgotten.
    pub erased: bool,
}

/// Why and until when nobody is let in.
#[derive(Debug, Serialize)]
pub struct LockView {
    /// Why.
    pub reason: LockReason,
    /// Until when; until it is taken off if not said.
    pub until: Option<Timestamp>,
}

/// A session.
#[derive(Debug, Serialize)]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ends, however often it is refreshed.
    pub expires_at: Timestamp,
    /// The second factor that was shown.
    pub second_factor: Option<SecondFactor>,
    /// The client whose session it is; none for the shop's own pages.
    pub client_id: Option<ClientId>,
}

impl Identity {
    /// An account with what is personal in clear: for the person, and for staff who may see it.
    ///
    /// # Errors
    /// `not-found`.
    pub async fn account_opened(&self, id: AccountId) -> Result<AccountView, IdentityError> {
        let (account, version) = self.known(id).await?;
        let opened = match account.profile() {
            Some(profile) => self.opened(id, profile).await?,
            None => Opened::default(),
        };
        Ok(view(id, version, &account, opened))
    }

    /// An account without what is personal.
    ///
    /// # Errors
    /// `not-found`.
    pub async fn account_sealed(&self, id: AccountId) -> Result<AccountView, IdentityError> {
        let (account, version) = self.known(id).await?;
        Ok(view(id, version, &account, Opened::default()))
    }

    /// The sessions of an account that have not ended, the latest first. `current` is the one that asks.
    ///
    /// # Errors
    /// `not-found`.
    pub async fn sessions(
        &self,
        id: AccountId,
        current: Option<SessionId>,
    ) -> Result<Vec<SessionView>, IdentityError> {
        let (account, _) = self.known(id).await?;
        let now = clock::now();
        let live = account.sessions().live().iter().rev();
        let live = live.filter(|(_, session)| now < session.expires_at);
        Ok(live
            .map(|(id, session)| SessionView {
                id: *id,
                current: current == Some(*id),
                started_at: session.started_at,
                expires_at: session.expires_at,
                second_factor: session.second_factor,
                client_id: session.client_id(),
            })
            .collect())
    }

    async fn known(&self, id: AccountId) -> Result<(Account, u64), IdentityError> {
        let (account, version) = self.commands().account_state(id).await?;
        if account.profile().is_none() {
            return Err(Rejection::not_found("there is no such account").into());
        }
        Ok((account, version))
    }
}

fn view(id: AccountId, version: u64, account: &Account, opened: Opened) -> AccountView {
    let lock = account.lock(clock::now());
    AccountView {
        id,
        version,
        email: opened.email,
        email_verified: account.email_status() == EmailStatus::Verified,
        name: opened.name,
        phone: opened.phone,
        address: opened.address,
        roles: account.roles().collect(),
        second_factor: matches!(account.totp(), Totp::Confirmed(_)),
        locked: lock.map(|lock| LockView {
            reason: lock.reason,
            until: lock.until,
        }),
        erased: account.is_erased(),
    }
}

/// The one place where what is personal is written in clear.
#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
fn in_clear<S: Serializer>(
    value: &Option<Secret<String>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.as_ref().map(Secret::expose).serialize(serializer)
}
