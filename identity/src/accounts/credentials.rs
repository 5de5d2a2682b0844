//! Who shows an address, a password and a code: checked so that neither the answer nor its time tells whether there is an account.
//!
//! The same happens for an address with an account and for one without: one look at whether it is locked, one at whose it is,
//! one at its state, one at its password, one hash of the same cost, and one count of the failure. Ten failures within a quarter
//! of an hour lock the *address* for as long, account or not; the account's own lock, for staff to see, follows behind the answer.
//!
//! A lock by staff, an erased account and one whose address is not verified show only to who has the right password.

use std::time::Duration;

use access::password::{Password, PasswordHash, Verdict};
use access::seal::NormalEmail;
use access::totp::{RecoveryDigest, TotpSecret};
use commands::RequestKey;
use commands::account::Address;
use domain::account::{Account, EmailStatus, SecondFactor, Totp};
use domain::value::{AccountId, EmailHash, Timestamp};
use domain::{Rejection, RejectionCode};
use journal::{NewSecret, SecretWrite};
use uuid::Uuid;

use super::Job;
use super::log_in::session_of;
use crate::{Identity, IdentityError, clock, kinds};

/// How many log-ins under one address may fail within [`FAILURES_WITHIN`].
pub const FAILURES_MAX: u32 = 10;
/// How long failures are counted.
pub const FAILURES_WITHIN: Duration = Duration::from_secs(15 * 60);
/// How long an address is locked then.
pub const LOCKED_FOR: Duration = Duration::from_secs(15 * 60);

/// How long a step of one-time codes is remembered; by then its code is none any more.
const STEP_REMEMBERED_FOR: Duration = Duration::from_secs(5 * 60);

/// Somebody who was recognised.
#[derive(Debug)]
pub struct Proven {
    /// Their account's id.
    pub id: AccountId,
    /// The account as it was then.
    pub account: Box<Account>,
    /// The second factor that was shown, and is used up.
    pub second_factor: Option<SecondFactor>,
}

impl Identity {
    /// Who shows this address, password and code (of the moment, or a recovery code). `repeat` is a log-in that may have begun a
    /// session before, whose code is not asked for twice.
    ///
    /// # Errors
    /// [`IdentityError::InvalidCredentials`]; `account-locked`; `second-factor-required`, once the password was right.
    pub async fn prove(
        &self,
        email: &str,
        password: &str,
        code: Option<&str>,
        repeat: Option<&RequestKey>,
    ) -> Result<Proven, IdentityError> {
        let hash = self.hash_of_typed(email)?;
        self.refuse_if_locked(hash).await?;
        let holder = self.holder(hash).await?;
        let (id, account) = match holder {
            Some((id, account)) => (Some(id), account),
            None => (None, Box::default()),
        };
        let stored = self.password_of(id.unwrap_or_default()).await?;
        let is_right = self.is_right(password, stored.as_deref()).await?;
        let is_verified = account.email_status() == EmailStatus::Verified;
        let (Some(id), true, true) = (id, is_right, is_verified) else {
            return Err(self.failed(hash, id).await?);
        };
        let began_before = repeat.is_some_and(|key| session_of(&account, key).is_some());
        let second_factor = match account.totp() {
            Totp::Confirmed(_) if !began_before => self.second_factor(id, hash, code).await?,
            _ => None,
        };
        Ok(Proven {
            id,
            account,
            second_factor,
        })
    }

    /// Checks the password of somebody who is logged in already, for what a session alone must not do.
    ///
    /// # Errors
    /// As [`Identity::prove`].
    pub(super) async fn confirm_password(
        &self,
        id: AccountId,
        password: &str,
    ) -> Result<Account, IdentityError> {
        let (account, _) = self.commands().account_state(id).await?;
        let hash = match account.profile() {
            Some(profile) if !account.is_erased() => profile.email_hash,
            _ => return Err(Rejection::not_found("there is no such account").into()),
        };
        self.refuse_if_locked(hash).await?;
        let stored = self.password_of(id).await?;
        if self.is_right(password, stored.as_deref()).await? {
            return Ok(account);
        }
        Err(self.failed(hash, Some(id)).await?)
    }

    /// The hash of an address as somebody typed it.
    pub(super) fn hash_of_typed(&self, email: &str) -> Result<EmailHash, IdentityError> {
        let email = NormalEmail::parse(email);
        let email = email.map_err(|fault| {
            IdentityError::invalid("/email", "invalid-value", fault.to_string())
        })?;
        Ok(EmailHash::from(self.0.email_key.hash(&email)))
    }

    /// Whose an address is; none if that cannot be said because too many had it.
    pub(super) async fn whose(&self, hash: EmailHash) -> Result<Option<Address>, IdentityError> {
        match self
            .commands()
            .account_of_address(hash)
            .await
            .map_err(IdentityError::from)
        {
            Ok(address) => Ok(Some(address)),
            Err(error) if error.rejection().is_some() => {
                tracing::warn!(
                    "an address had more accounts than are followed; nobody can register with it any more"
                );
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The account that has an address now. As much is read if there is none.
    async fn holder(
        &self,
        hash: EmailHash,
    ) -> Result<Option<(AccountId, Box<Account>)>, IdentityError> {
        match self.whose(hash).await? {
            Some(Address::Taken { id, account, .. }) => Ok(Some((id, account))),
            _ => {
                self.commands()
                    .account_state(AccountId(Uuid::nil()))
                    .await?;
                Ok(None)
            }
        }
    }

    /// The hash of an account's password.
    pub(super) async fn password_of(&self, id: AccountId) -> Result<Option<String>, IdentityError> {
        let stored = self.vault().get(kinds::PASSWORD, &id.to_string()).await?;
        let text = stored
            .map(|stored| String::from_utf8(stored.value))
            .transpose();
        text.map_err(|_| IdentityError::defect("a password's hash is no text"))
    }

    async fn is_right(&self, password: &str, stored: Option<&str>) -> Result<bool, IdentityError> {
        let Ok(password) = Password::presented(password) else {
            return Ok(false);
        };
        let verdict = match stored {
            None => self.0.hasher.verify_nobody(password).await?,
            Some(phc) => {
                let hash = PasswordHash::parse(phc)
                    .map_err(|fault| IdentityError::defect(&fault.to_string()))?;
                self.0.hasher.verify(password, &hash).await?
            }
        };
        Ok(matches!(verdict, Verdict::Right { .. }))
    }

    async fn refuse_if_locked(&self, hash: EmailHash) -> Result<(), IdentityError> {
        let lock = self
            .vault()
            .get(kinds::LOG_IN_LOCK, &hash.to_string())
            .await?;
        let until = lock.and_then(|lock| lock.expires_at);
        let until = until.and_then(|until| Timestamp::try_from(until).ok());
        until.map_or(Ok(()), |until| {
            let detail = format!("the account is locked until {until}; log in after that");
            Err(Rejection::new(RejectionCode::AccountLocked, detail).into())
        })
    }

    /// Counts a failure, and locks the address after too many.
    async fn failed(
        &self,
        hash: EmailHash,
        id: Option<AccountId>,
    ) -> Result<IdentityError, IdentityError> {
        let key = hash.to_string();
        let count = self
            .vault()
            .count(kinds::LOG_IN_FAILURES, &key, FAILURES_WITHIN)
            .await?;
        if count >= FAILURES_MAX {
            let until = clock::now().saturating_add(LOCKED_FOR);
            let lock = NewSecret {
                kind: kinds::LOG_IN_LOCK,
                key: key.clone(),
                owner: kinds::OWN.to_owned(),
                value: Vec::new(),
                expires_at: Some(until.to_offset_date_time()),
                due_at: None,
            };
            self.vault().write(&[SecretWrite::Put(lock)]).await?;
            self.vault()
                .forget_count(kinds::LOG_IN_FAILURES, &key)
                .await?;
            metrics::counter!("daybook_log_in_locks_total").increment(1);
            if let Some(id) = id {
                // The address is locked already; this is for the account's history, and may be left out under a flood.
                let _ = self.behind_the_answer(Job::Lock { id, until });
            }
        }
        metrics::counter!("daybook_log_ins_failed_total").increment(1);
        Ok(IdentityError::InvalidCredentials)
    }

    /// Forgets what failed under an address, and lets it in again.
    pub(super) async fn forgive(&self, hash: EmailHash) -> Result<(), IdentityError> {
        let key = hash.to_string();
        self.vault()
            .forget_count(kinds::LOG_IN_FAILURES, &key)
            .await?;
        self.destroy(kinds::LOG_IN_LOCK, &key).await
    }

    /// Uses up the code that is shown.
    async fn second_factor(
        &self,
        id: AccountId,
        hash: EmailHash,
        code: Option<&str>,
    ) -> Result<Option<SecondFactor>, IdentityError> {
        let Some(code) = code else {
            let detail = "the account has a second factor: send its code, or a recovery code, too";
            return Err(Rejection::new(RejectionCode::SecondFactorRequired, detail).into());
        };
        if self.use_totp(id, code).await? {
            return Ok(Some(SecondFactor::Totp));
        }
        if self.use_recovery_code(id, code).await? {
            return Ok(Some(SecondFactor::RecoveryCode));
        }
        Err(self.failed(hash, Some(id)).await?)
    }

    /// Whether `code` is one of now that was not used yet; it is from here on.
    pub(super) async fn use_totp(&self, id: AccountId, code: &str) -> Result<bool, IdentityError> {
        let Some((_, secret)) = self.totp_secret(id).await? else {
            return Ok(false);
        };
        let used = self
            .vault()
            .owned(kinds::TOTP_STEP, &kinds::owner_of(id))
            .await?;
        let steps = used
            .iter()
            .filter_map(|step| step.key.rsplit_once(':')?.1.parse::<u64>().ok());
        let Ok(step) = TotpSecret::check(&secret, code, clock::now(), steps.max()) else {
            return Ok(false);
        };
        // Of two who show it at once, the one whose mark is kept is let in.
        let mark = Uuid::now_v7().into_bytes().to_vec();
        let entry = NewSecret {
            kind: kinds::TOTP_STEP,
            key: format!("{id}:{step}"),
            owner: kinds::owner_of(id),
            value: mark.clone(),
            expires_at: clock::after(STEP_REMEMBERED_FOR),
            due_at: None,
        };
        Ok(self.vault().put_new(&entry).await?.value == mark)
    }

    /// Whether `code` is a recovery code that was not used yet; it is from here on.
    async fn use_recovery_code(&self, id: AccountId, code: &str) -> Result<bool, IdentityError> {
        let stored = self
            .vault()
            .owned(kinds::RECOVERY, &kinds::owner_of(id))
            .await?;
        let digests: Option<Vec<_>> = stored
            .iter()
            .map(|one| {
                Some(RecoveryDigest::from_bytes(
                    one.value.as_slice().try_into().ok()?,
                ))
            })
            .collect();
        let digests =
            digests.ok_or_else(|| IdentityError::defect("a recovery code's digest is none"))?;
        match RecoveryDigest::position_of(&digests, code) {
            Some(at) => Ok(self
                .vault()
                .take(kinds::RECOVERY, &stored[at].key)
                .await?
                .is_some()),
            None => Ok(false),
        }
    }
}
