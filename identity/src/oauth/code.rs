//! Authorization codes (RFC 6749 4.1.2): good once, for a minute, kept as digests.
//!
//! The session that a code begins is named when the code is made. So a code that is shown again needs no memory of its own: its
//! session has begun, and is ended. What is kept outlives the code for a while, or a late replay would be taken for a stranger.

use std::collections::BTreeSet;
use std::time::Duration;

use access::opaque::{Opaque, OpaqueDigest};
use access::pkce::Challenge;
use commands::{Beside, CommandError};
use domain::account::{
    Account, AccountCommand, SecondFactor, SessionEnd, SessionMethod, SessionStatus, StartSession,
};
use domain::security::RefusalReason;
use domain::value::{AccountId, ClientId, Scope, SessionId, Timestamp};
use journal::{NewSecret, SecretWrite};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::browser::Present;
use super::{AuthorizationRequest, KnownClient, OAuthError, TokenAnswer, context_of};
use crate::error::is_refused_at;
use crate::tokens::OfSession;
use crate::{Identity, IdentityError, clock, kinds};

/// How long a code is good.
pub const CODE_LIFETIME: Duration = Duration::from_secs(60);
/// How long it is known that there was one: as long as an access token of its session may live.
const REMEMBERED_FOR: Duration = Duration::from_secs(3_600);

/// What a code is for, as it is kept under its digest.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct CodeRecord {
    account: AccountId,
    second_factor: Option<SecondFactor>,
    /// Since when the password was what the person showed.
    password_changed_at: Option<Timestamp>,
    /// The session that it begins.
    session: SessionId,
    client: ClientId,
    redirect_uri: String,
    scopes: BTreeSet<Scope>,
    challenge: [u8; 32],
    good_until: Timestamp,
}

impl Identity {
    /// A code for what this person allows.
    pub(super) async fn make_code(
        &self,
        present: &Present,
        request: &AuthorizationRequest,
    ) -> Result<Opaque, IdentityError> {
        let code = Opaque::generate()?;
        let now = clock::now();
        let record = CodeRecord {
            account: present.account,
            second_factor: present.second_factor,
            password_changed_at: present.password_changed_at,
            session: SessionId(Uuid::now_v7()),
            client: request.client,
            redirect_uri: request.redirect_uri.clone(),
            scopes: request.scopes.clone(),
            challenge: *request.challenge.as_bytes(),
            good_until: now.saturating_add(CODE_LIFETIME),
        };
        let expires_at = now.saturating_add(REMEMBERED_FOR);
        let new = NewSecret {
            kind: kinds::CODE,
            key: code.digest().to_text(),
            owner: kinds::owner_of(present.account),
            value: serde_json::to_vec(&record).map_err(|_| IdentityError::Defect)?,
            expires_at: Some(expires_at.to_offset_date_time()),
            due_at: None,
        };
        self.0.vault.write(&[SecretWrite::Put(new)]).await?;
        Ok(code)
    }

    /// The session of a code, begun.
    pub(super) async fn redeem_code(
        &self,
        client: &KnownClient,
        code: &str,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
    ) -> Result<TokenAnswer, OAuthError> {
        let record = self.code_record(client.id, code).await?;
        self.check_code(&record, client.id, redirect_uri, verifier)?;
        let (account, _) = self.0.commands.account_state(record.account).await?;
        if account.sessions().status(record.session) != SessionStatus::Unknown {
            return Err(self.code_replayed(&record).await);
        }
        if clock::now() >= record.good_until {
            self.0
                .security
                .note(RefusalReason::CodeUnknown, Some(client.id));
            return Err(OAuthError::grant());
        }
        self.begin_session_of_code(&record, &account).await
    }

    async fn code_record(&self, client: ClientId, code: &str) -> Result<CodeRecord, OAuthError> {
        let unknown = || {
            self.0
                .security
                .note(RefusalReason::CodeUnknown, Some(client));
            OAuthError::grant()
        };
        let digest = OpaqueDigest::of(code).map_err(|_| unknown())?;
        let kept = self.0.vault.get(kinds::CODE, &digest.to_text()).await?;
        let kept = kept.ok_or_else(unknown)?;
        let record = serde_json::from_slice(&kept.value);
        record.map_err(|_| IdentityError::Defect.into())
    }

    /// What must fit before it matters whether the code was used: who has only seen a code can do nothing with it, not even end
    /// the session.
    fn check_code(
        &self,
        record: &CodeRecord,
        client: ClientId,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
    ) -> Result<(), OAuthError> {
        let refuse = |reason| {
            self.0.security.note(reason, Some(client));
            Err(OAuthError::grant())
        };
        if record.client != client {
            return refuse(RefusalReason::CodeOfAnother);
        }
        if redirect_uri.is_some_and(|uri| uri != record.redirect_uri) {
            return refuse(RefusalReason::RedirectMismatch);
        }
        let challenge = Challenge::from_bytes(record.challenge);
        if !verifier.is_some_and(|verifier| challenge.is_met_by(verifier)) {
            return refuse(RefusalReason::PkceFailed);
        }
        Ok(())
    }

    async fn begin_session_of_code(
        &self,
        record: &CodeRecord,
        account: &Account,
    ) -> Result<TokenAnswer, OAuthError> {
        let lifetime = self.0.options.tokens.client_session_lifetime;
        let expires_at = clock::now().saturating_add(lifetime);
        let tokens = self.0.tokens.of_session(&OfSession {
            account: record.account,
            roles: account.roles().collect(),
            session: record.session,
            generation: 1,
            client: Some((record.client, &record.scopes)),
            expires_at,
        })?;
        let start = AccountCommand::StartSession(StartSession {
            session_id: record.session,
            method: SessionMethod::AuthorizationCode {
                client_id: record.client,
                scopes: record.scopes.clone(),
            },
            second_factor: record.second_factor,
            password_changed_at: record.password_changed_at,
            expires_at,
        });
        let beside = Beside {
            secrets: vec![tokens.write.clone()],
            ..Beside::default()
        };
        let context = context_of(record.account, Some(record.client));
        let account = record.account;
        match self
            .0
            .commands
            .account_beside(account, start, beside, context)
            .await
        {
            Ok(_) => Ok(TokenAnswer::of_session(tokens, Some(&record.scopes))),
            // Of two who showed it at once, this is the second.
            Err(error) if is_refused_at(&error, "/session_id", "exists-already") => {
                Err(self.code_replayed(record).await)
            }
            Err(error) if is_refused_at(&error, "/password", "changed-since") => {
                Err(OAuthError::grant())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Ends the session that the code began.
    async fn code_replayed(&self, record: &CodeRecord) -> OAuthError {
        self.0
            .security
            .note(RefusalReason::CodeReplay, Some(record.client));
        let end = AccountCommand::EndSession {
            session_id: record.session,
            reason: SessionEnd::TokenReused,
        };
        let context = context_of(record.account, Some(record.client));
        let ended = self.0.commands.account(record.account, end, context);
        match ended.await {
            Ok(_) => {
                self.note_ended([record.session]);
                OAuthError::grant()
            }
            // It could not be ended: the client is to try again, so that it is.
            Err(error @ (CommandError::Rejected(_) | CommandError::Defect)) => {
                tracing::error!(%error, "the session of a code that was shown twice could not be ended");
                OAuthError::grant()
            }
            Err(error) => error.into(),
        }
    }
}
