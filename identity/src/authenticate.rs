//! Who shows a bearer token.
//!
//! A token of our own is checked by its signature, or by having been checked before; then whether its session stands, and
//! whether its client is enabled, each time, in memory. A token that is none of ours may be one of a foreign issuer that is
//! trusted. Refusals are noted for the security log; the token is not.

use std::collections::BTreeSet;
use std::str::FromStr;

use access::token::{Access, TokenRefusal};
use domain::policy::{Person, Principal};
use domain::value::{AccountId, ClientId, Role, Scope, SessionId, Timestamp};

use crate::tokens::OWN_PAGES;
use crate::{Identity, IdentityError, clock, security};

impl Identity {
    /// Who shows this bearer token.
    ///
    /// # Errors
    /// [`IdentityError::Token`] if it is nobody's; [`IdentityError::Revoked`] if it was somebody's until its session ended;
    /// [`IdentityError::Unavailable`] while it cannot be known.
    pub async fn authenticate(&self, bearer: &str) -> Result<Principal, IdentityError> {
        let recognised = self.recognise(bearer, clock::now()).await;
        if let Err(error) = &recognised
            && let Some(reason) = security::reason_of(error)
        {
            self.0.security.note(reason, None);
        }
        recognised
    }

    async fn recognise(&self, bearer: &str, now: Timestamp) -> Result<Principal, IdentityError> {
        let refusal = match self.0.tokens.verify(bearer, now) {
            Ok(access) => return self.principal_of(&access),
            Err(refusal) => refusal,
        };
        if let Some(issuer) = self.0.foreign.issuer_of(bearer) {
            return issuer.authenticate(bearer, now).await;
        }
        if refusal != TokenRefusal::UnknownKey {
            return Err(refusal.into());
        }
        let access = self.0.tokens.verify_again(bearer, now).await?;
        self.principal_of(&access)
    }

    fn principal_of(&self, access: &Access) -> Result<Principal, IdentityError> {
        let speaker = Speaker::of(access)?;
        self.0
            .revocations
            .check(speaker.session(), speaker.client())?;
        Ok(speaker.into_principal())
    }

    /// Who a good token of ours speaks for, whether or not that still stands.
    pub(crate) fn speaker(&self, token: &str) -> Result<(Speaker, i64), IdentityError> {
        let access = self.0.tokens.verify(token, clock::now())?;
        Ok((Speaker::of(&access)?, access.expires_at))
    }
}

/// Who a token of ours speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// A person, by themselves or through a client.
    Person(Person),
    /// A client on its own behalf.
    Client(ClientId, BTreeSet<Scope>),
}

impl Speaker {
    fn of(access: &Access) -> Result<Self, IdentityError> {
        let scopes = || values::<Scope>(&access.scopes);
        if let Some(id) = access.subject.strip_prefix("client-") {
            return Ok(Self::Client(value(id)?, scopes()?));
        }
        let id = access.subject.strip_prefix("account-");
        let account: AccountId = value(id.ok_or(TokenRefusal::Claims)?)?;
        let client = match access.client_id.as_str() {
            OWN_PAGES => None,
            id => Some((value(id)?, scopes()?)),
        };
        Ok(Self::Person(Person {
            account,
            session: SessionId(access.session.ok_or(TokenRefusal::Claims)?),
            roles: values::<Role>(&access.roles)?,
            client,
        }))
    }

    pub(crate) fn session(&self) -> Option<SessionId> {
        match self {
            Self::Person(person) => Some(person.session),
            Self::Client(..) => None,
        }
    }

    pub(crate) fn client(&self) -> Option<ClientId> {
        match self {
            Self::Person(person) => person.client.as_ref().map(|(id, _)| *id),
            Self::Client(id, _) => Some(*id),
        }
    }

    fn into_principal(self) -> Principal {
        match self {
            Self::Person(person) => Principal::Person(person),
            Self::Client(id, scopes) => Principal::Service {
                name: id.to_string(),
                scopes,
            },
        }
    }
}

/// What we signed is of the form that we sign: anything else was signed by another version, and is refused.
fn value<T: FromStr>(text: &str) -> Result<T, TokenRefusal> {
    text.parse().map_err(|_| TokenRefusal::Claims)
}

fn values<T: FromStr + Ord>(texts: &[String]) -> Result<BTreeSet<T>, TokenRefusal> {
    texts.iter().map(|text| value(text)).collect()
}
