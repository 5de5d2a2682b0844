//! Logging in: a session for whoever was recognised, and its first tokens.

use access::Secret;
use access::password::{Password, PasswordHash};
use commands::{Beside, Context, Receipt, RequestKey};
use domain::account::{Account, AccountCommand, SessionMethod, StartSession};
use domain::value::{AccountId, SessionId, Timestamp};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Proven, in_the_name_of};
use crate::error::is_refused_at;
use crate::tokens::SessionTokens;
use crate::{Identity, IdentityError, clock, kinds};

/// The generation of the refresh token that a session begins with.
const FIRST_GENERATION: u32 = 1;
/// Where the part of a UUID begins that is not the time.
const RANDOM_FROM: usize = 6;

/// What somebody logs in with.
#[derive(Clone)]
pub struct LogIn {
    /// The address, as it was typed.
    pub email: Secret<String>,
    /// The password, as it was typed.
    pub password: Secret<String>,
    /// A code of the second factor, or a recovery code.
    pub code: Option<Secret<String>>,
}

/// Somebody who is logged in.
#[derive(Debug)]
pub struct LoggedIn {
    /// Their account.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
    /// When it ends, however often it is refreshed.
    pub expires_at: Timestamp,
    /// Its first tokens.
    pub tokens: SessionTokens,
    /// What was appended.
    pub receipt: Receipt,
}

impl Identity {
    /// Logs in.
    ///
    /// # Errors
    /// As [`Identity::prove`]; `account-locked` too if staff locked the account.
    pub async fn log_in(&self, log_in: LogIn, context: Context) -> Result<LoggedIn, IdentityError> {
        let context = self.guarded(context);
        let (email, password) = (log_in.email.expose(), log_in.password.expose());
        let code = log_in.code.as_ref().map(|code| code.expose().as_str());
        let proven = self
            .prove(email, password, code, context.request.as_ref())
            .await?;
        let id = proven.id;
        let hash = proven.account.profile().map(|profile| profile.email_hash);
        let done = self
            .begin_session(proven, in_the_name_of(id, context))
            .await?;
        if let Some(hash) = hash {
            self.vault()
                .forget_count(kinds::LOG_IN_FAILURES, &hash.to_string())
                .await?;
        }
        self.hash_anew(id, password).await;
        metrics::counter!("daybook_log_ins_total").increment(1);
        Ok(done)
    }

    /// Begins the session, unless the password has been changed since it was checked.
    async fn begin_session(
        &self,
        proven: Proven,
        context: Context,
    ) -> Result<LoggedIn, IdentityError> {
        let Proven { id, account, .. } = &proven;
        let session_id = context
            .request
            .as_ref()
            .map_or_else(new_session, derived_session);
        let expires_at = clock::now().saturating_add(self.0.options.session_length);
        let write = self
            .first_tokens(*id, account, session_id, expires_at)?
            .write;
        let command = AccountCommand::StartSession(StartSession {
            session_id,
            method: SessionMethod::Password,
            second_factor: proven.second_factor,
            password_changed_at: account.password_changed_at(),
            expires_at,
        });
        let beside = Beside {
            secrets: vec![write],
            ..Beside::default()
        };
        let begun = self
            .commands()
            .account_beside(*id, command, beside, context.clone());
        let receipt = begun.await.map_err(|error| {
            if is_refused_at(&error, "/password", "changed-since") {
                IdentityError::InvalidCredentials
            } else {
                error.into()
            }
        })?;
        // As it is with the session: its roles may have changed while the password was hashed.
        let (account, _) = self.commands().account_state(*id).await?;
        let (session, expires_at) = if receipt.replayed {
            let known = context.request.as_ref();
            let known = known.and_then(|key| session_of(&account, key));
            // It was ended since: to be told like any session that has ended.
            known.ok_or(IdentityError::Revoked)?
        } else {
            (session_id, expires_at)
        };
        Ok(LoggedIn {
            account: *id,
            session,
            expires_at,
            tokens: self.first_tokens(*id, &account, session, expires_at)?,
            receipt,
        })
    }

    /// The tokens that a session begins with.
    fn first_tokens(
        &self,
        id: AccountId,
        account: &Account,
        session: SessionId,
        expires_at: Timestamp,
    ) -> Result<SessionTokens, IdentityError> {
        self.0
            .tokens
            .for_session(id, account, session, FIRST_GENERATION, expires_at)
    }

    /// Hashes the password with today's cost, now that it is at hand. That it fails is no reason not to be let in.
    async fn hash_anew(&self, id: AccountId, password: &str) {
        if let Err(error) = self.try_to_hash_anew(id, password).await {
            tracing::info!(%error, "a password could not be hashed anew; it is at the next log-in");
        }
    }

    async fn try_to_hash_anew(&self, id: AccountId, password: &str) -> Result<(), IdentityError> {
        let Some(stored) = self.password_of(id).await? else {
            return Ok(());
        };
        let cost = self.0.options.password_cost;
        let hash = PasswordHash::parse(stored.as_str());
        if hash.is_ok_and(|hash| !hash.needs_rehash(cost)) {
            return Ok(());
        }
        let Ok(password) = Password::presented(password) else {
            return Ok(());
        };
        let anew = self.0.hasher.hash(password).await?;
        let (old, new) = (stored.as_bytes(), anew.as_str().as_bytes());
        // Nothing happens if the password is another by now.
        self.vault()
            .replace(kinds::PASSWORD, &id.to_string(), old, new)
            .await?;
        Ok(())
    }
}

fn new_session() -> SessionId {
    SessionId(Uuid::now_v7())
}

/// The id of the session that a request begins: its time is now, and all else follows from the request's key.
fn derived_session(key: &RequestKey) -> SessionId {
    let digest = Sha256::digest(key.claim.as_uuid().as_bytes());
    let mut random = [0; 10];
    random.copy_from_slice(&digest[..10]);
    let millis = u64::try_from(clock::now().as_micros() / 1_000).unwrap_or_default();
    SessionId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

/// The live session that this request began before, and when it ends.
pub(super) fn session_of(account: &Account, key: &RequestKey) -> Option<(SessionId, Timestamp)> {
    let wanted = derived_session(key);
    let mut live = account.sessions().live().iter();
    let known =
        live.find(|(id, _)| id.0.as_bytes()[RANDOM_FROM..] == wanted.0.as_bytes()[RANDOM_FROM..]);
    known.map(|(id, session)| (*id, session.expires_at))
}
