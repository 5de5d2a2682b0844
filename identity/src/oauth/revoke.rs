//! Giving a token back (RFC 7009): its session ends, and with it all of the session's tokens.
//!
//! A token that is not known is answered like one that was given back (2.2). The access token of a client on its own behalf
//! cannot be: it is over within minutes, and belongs to no session.

use domain::account::{AccountCommand, SessionEnd};
use domain::security::RefusalReason;
use domain::value::{AccountId, ClientId, SessionId};
use domain::{RejectionCode, policy::Person};

use super::{ClientCredentials, KnownClient, OAuthCode, OAuthError, context_of};
use crate::authenticate::Speaker;
use crate::{Identity, IdentityError};

impl Identity {
    /// Gives a token back; either kind, whatever hint came with it.
    ///
    /// # Errors
    /// `invalid_client`; `invalid_grant` for a token of another client; `unsupported_token_type`.
    pub async fn give_back(
        &self,
        token: &str,
        credentials: &ClientCredentials,
    ) -> Result<(), OAuthError> {
        let client = self.known_client(credentials).await?;
        if let Some(record) = self.refresh_record(token).await? {
            self.check_is_of(record.client, client.as_ref())?;
            return self
                .end(record.account, record.session, record.client)
                .await;
        }
        match self.speaker(token) {
            Ok((Speaker::Person(person), _)) => {
                let Person {
                    account,
                    session,
                    client: of,
                    ..
                } = person;
                let of = of.map(|(id, _)| id);
                self.check_is_of(of, client.as_ref())?;
                self.end(account, session, of).await
            }
            Ok((Speaker::Client(id, _), _)) => {
                self.check_is_of(Some(id), client.as_ref())?;
                Err(OAuthError::new(
                    OAuthCode::UnsupportedTokenType,
                    "an access token of a client on its own behalf is over within minutes and cannot be given back",
                ))
            }
            Err(_) => Ok(()),
        }
    }

    fn check_is_of(
        &self,
        of: Option<ClientId>,
        client: Option<&KnownClient>,
    ) -> Result<(), OAuthError> {
        let asks = client.map(|client| client.id);
        if of == asks {
            return Ok(());
        }
        self.0.security.note(RefusalReason::RefreshOfAnother, asks);
        Err(OAuthError::grant())
    }

    async fn end(
        &self,
        account: AccountId,
        session_id: SessionId,
        client: Option<ClientId>,
    ) -> Result<(), OAuthError> {
        let reason = match client {
            Some(_) => SessionEnd::TokenRevoked,
            None => SessionEnd::LoggedOut,
        };
        let end = AccountCommand::EndSession { session_id, reason };
        let ended = self
            .0
            .commands
            .account(account, end, context_of(account, client));
        match ended.await.map_err(IdentityError::from) {
            Ok(_) => {
                self.note_ended([session_id]);
                Ok(())
            }
            // Forgotten or erased: as good as given back.
            Err(IdentityError::Command(commands::CommandError::Rejected(why)))
                if matches!(
                    why.code,
                    RejectionCode::NotFound | RejectionCode::AccountErased
                ) =>
            {
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}
