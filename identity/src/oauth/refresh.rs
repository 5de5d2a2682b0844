//! The next tokens for a refresh token (RFC 6749 6, RFC 9700 4.14.2): each is good once.

use std::collections::BTreeSet;

use access::opaque::OpaqueDigest;
use commands::Beside;
use commands::account::Refreshed;
use domain::account::SessionMethod;
use domain::security::RefusalReason;
use domain::value::Scope;
use domain::{RejectionCode, account::Account};

use super::{KnownClient, OAuthError, TokenAnswer, context_of};
use crate::tokens::OfSession;
use crate::tokens::refresh::RefreshRecord;
use crate::{Identity, IdentityError, kinds};

impl Identity {
    /// The next tokens of the session that this refresh token is of; `wanted`, if it names any, are fewer scopes for the access
    /// token.
    pub(super) async fn refresh(
        &self,
        client: Option<&KnownClient>,
        token: &str,
        wanted: &BTreeSet<Scope>,
    ) -> Result<TokenAnswer, OAuthError> {
        let id = client.map(|client| client.id);
        let Some(record) = self.refresh_record(token).await? else {
            self.0.security.note(RefusalReason::RefreshUnknown, id);
            return Err(OAuthError::grant());
        };
        if record.client != id {
            self.0.security.note(RefusalReason::RefreshOfAnother, id);
            return Err(OAuthError::grant());
        }
        let (account, _) = self.0.commands.account_state(record.account).await?;
        // A token that was used up is to end the session, whatever else is asked.
        if is_current(&account, &record) {
            narrowed(&account, &record, wanted)?;
        }
        self.rotate(&account, &record).await?;
        self.tokens_after(&record, wanted).await
    }

    /// What is kept of a refresh token.
    pub(super) async fn refresh_record(
        &self,
        token: &str,
    ) -> Result<Option<RefreshRecord>, OAuthError> {
        let Ok(digest) = OpaqueDigest::of(token) else {
            return Ok(None);
        };
        let kept = self
            .0
            .vault
            .get(kinds::REFRESH_TOKEN, &digest.to_text())
            .await?;
        Ok(kept.map(|kept| RefreshRecord::read(&kept)).transpose()?)
    }

    /// Takes the token for the next one, or ends its session if that was done before.
    async fn rotate(&self, account: &Account, record: &RefreshRecord) -> Result<(), OAuthError> {
        // Of a session that is not there any more the command says so.
        let session = account.sessions().get(record.session);
        let secrets = match session {
            Some(session) => {
                let next = self.next(record);
                let token = self.0.tokens.token_of(&next);
                vec![next.write(&token.digest(), session.expires_at)?]
            }
            None => Vec::new(),
        };
        let beside = Beside {
            secrets,
            ..Beside::default()
        };
        let RefreshRecord {
            account,
            session,
            generation,
            client,
        } = *record;
        let context = context_of(account, client);
        let commands = &self.0.commands;
        let refreshed = commands
            .refresh_session(account, session, generation, client, beside, context)
            .await;
        match refreshed.map_err(IdentityError::from) {
            Ok(Refreshed::Rotated { .. }) => Ok(()),
            Ok(Refreshed::Reused { .. }) => {
                self.note_ended([session]);
                self.0.security.note(RefusalReason::RefreshReplay, client);
                Err(OAuthError::grant())
            }
            Err(error) => {
                let IdentityError::Command(commands::CommandError::Rejected(why)) = &error else {
                    return Err(error.into());
                };
                if why.code == RejectionCode::TokenRevoked {
                    self.0.security.note(RefusalReason::TokenRevoked, client);
                }
                Err(OAuthError::grant())
            }
        }
    }

    /// The tokens of the generation after this one, for what the account is now.
    async fn tokens_after(
        &self,
        record: &RefreshRecord,
        wanted: &BTreeSet<Scope>,
    ) -> Result<TokenAnswer, OAuthError> {
        let (account, _) = self.0.commands.account_state(record.account).await?;
        let session = account.sessions().get(record.session);
        let expires_at = session.ok_or_else(OAuthError::grant)?.expires_at;
        let scopes = narrowed(&account, record, wanted)?;
        let tokens = self.0.tokens.of_session(&OfSession {
            account: record.account,
            roles: account.roles().collect(),
            session: record.session,
            generation: self.next(record).generation,
            client: record.client.zip(scopes.as_ref()),
            expires_at,
        })?;
        Ok(TokenAnswer::of_session(tokens, scopes.as_ref()))
    }

    fn next(&self, record: &RefreshRecord) -> RefreshRecord {
        RefreshRecord {
            generation: record.generation.saturating_add(1),
            ..*record
        }
    }
}

fn is_current(account: &Account, record: &RefreshRecord) -> bool {
    let session = account.sessions().get(record.session);
    session.is_some_and(|session| session.generation == record.generation)
}

/// The scopes of the next access token: those of the session, or fewer. None for the shop's own pages.
fn narrowed(
    account: &Account,
    record: &RefreshRecord,
    wanted: &BTreeSet<Scope>,
) -> Result<Option<BTreeSet<Scope>>, OAuthError> {
    let session = account.sessions().get(record.session);
    match session.map(|session| &session.method) {
        Some(SessionMethod::AuthorizationCode { scopes, .. }) if wanted.is_empty() => {
            Ok(Some(scopes.clone()))
        }
        Some(SessionMethod::AuthorizationCode { scopes, .. }) if wanted.is_subset(scopes) => {
            Ok(Some(wanted.clone()))
        }
        Some(SessionMethod::AuthorizationCode { .. }) => Err(super::scope()),
        _ if wanted.is_empty() => Ok(None),
        _ => Err(super::scope()),
    }
}
